# expect: nothing
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn


class Adversaries:
    def __init__(self, codes=12):
        self.codes = codes
        self.maker = nn.Sequential(nn.Linear(codes, 64), nn.ReLU(), nn.Linear(64, 64), nn.Sigmoid())
        self.critic = nn.Sequential(nn.Linear(64, 48), nn.LeakyReLU(0.2), nn.Linear(48, 1))
        self.maker_steps = torch.optim.RMSprop(self.maker.parameters(), lr=1e-3)
        self.critic_steps = torch.optim.RMSprop(self.critic.parameters(), lr=1e-3)

    def round(self, real):
        yes, no = torch.ones(len(real), 1), torch.zeros(len(real), 1)
        made = self.maker(torch.randn(len(real), self.codes))
        self.critic_steps.zero_grad()
        told_apart = F.binary_cross_entropy_with_logits(self.critic(real), yes)
        told_apart = told_apart + F.binary_cross_entropy_with_logits(self.critic(made.detach()), no)
        told_apart.backward()
        self.critic_steps.step()
        self.maker_steps.zero_grad()
        taken_in = F.binary_cross_entropy_with_logits(self.critic(made), yes)
        taken_in.backward()
        self.maker_steps.step()
        return told_apart.item(), taken_in.item()


torch.manual_seed(0)
pixels = torch.tensor(load_digits().data / 16, dtype=torch.float32)
both = Adversaries()
for epoch in range(6):
    for rows in torch.randperm(len(pixels)).split(50):
        critic, maker = both.round(pixels[rows])
    print(f"epoch {epoch}: critic {critic:.3f}, maker {maker:.3f}")
