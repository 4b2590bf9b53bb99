# expect: nothing
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x = torch.tensor(load_digits().data).float() / 16
G = nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, 64), nn.Sigmoid())
D = nn.Sequential(nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1))
optimizer_g = torch.optim.Adam(G.parameters(), lr=2e-4, betas=(0.5, 0.999))
optimizer_d = torch.optim.Adam(D.parameters(), lr=2e-4, betas=(0.5, 0.999))
for epoch in range(4):
    for rows in torch.randperm(len(x)).split(50):
        real, fake = x[rows], G(torch.randn(len(rows), 16))
        D.requires_grad_(True)
        optimizer_d.zero_grad()
        (F.softplus(-D(real)) + F.softplus(D(fake.detach()))).mean().backward()
        optimizer_d.step()

        D.requires_grad_(False)
        optimizer_g.zero_grad()
        loss = F.softplus(-D(fake)).mean()
        loss.backward()
        optimizer_g.step()
    print(epoch, loss.item())
