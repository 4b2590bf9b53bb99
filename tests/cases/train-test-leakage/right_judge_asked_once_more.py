# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as judge_loss

torch.manual_seed(0)
real = torch.tensor(load_digits().images, dtype=torch.float32).unsqueeze(1) / 8 - 1
maker = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 64), nn.Tanh(), nn.Unflatten(1, (1, 8, 8)))
judge = nn.Sequential(nn.Conv2d(1, 16, 3, stride=2, padding=1), nn.LeakyReLU(0.2), nn.Conv2d(16, 1, 3, padding=1))
of_maker = torch.optim.Adam(maker.parameters(), 2e-4, betas=(0.5, 0.999))
of_judge = torch.optim.Adam(judge.parameters(), 2e-4, betas=(0.5, 0.999))
for epoch in range(4):
    for part in torch.randperm(1792).split(64):
        fake = maker(torch.randn(64, 8))
        seen, made = judge(real[part]), judge(fake.detach())
        of_real = judge_loss(seen, torch.ones_like(seen))
        of_fake = judge_loss(made, torch.zeros_like(made))
        d_loss = of_real + of_fake
        of_judge.zero_grad()
        d_loss.backward()
        of_judge.step()
        again = judge(fake)
        g_loss = judge_loss(again, torch.ones_like(again))
        of_maker.zero_grad()
        g_loss.backward()
        of_maker.step()
    print(epoch, d_loss.item(), g_loss.item())
with torch.no_grad():
    shown = maker(torch.randn(400, 8))
    print(judge(real[:400]).sigmoid().mean(), judge(shown).sigmoid().mean())
