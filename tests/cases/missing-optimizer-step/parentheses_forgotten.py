# expect: missing-optimizer-step
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
d = load_digits()
x, y = torch.tensor(d.images).float().unsqueeze(1) / 16, torch.tensor(d.target)


class Learner:
    def __init__(self):
        self.net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))
        self.opt = torch.optim.Adam(self.net.parameters(), lr=1e-3)
        self.sched = torch.optim.lr_scheduler.StepLR(self.opt, step_size=2)

    def one_epoch(self):
        for b in torch.randperm(1400).split(50):
            self.opt.zero_grad()
            loss = F.cross_entropy(self.net(x[b]), y[b])
            loss.backward()
            self.opt.step  # <- here
        self.sched.step()
        return loss.item()


learner = Learner()
for epoch in range(3):
    print(epoch, learner.one_epoch())
with torch.no_grad():
    print('accuracy', (learner.net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
