# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn

x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16).float().view(-1, 1, 8, 8), torch.tensor(y)
loss_of = nn.CrossEntropyLoss()
domain = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 2))
opt = torch.optim.Adam(domain.parameters(), 1e-3)
for epoch in range(3):
    for rows in torch.randperm(1400).split(50):
        bright, dark = x[rows], 1 - x[rows]
        opt.zero_grad()
        here = loss_of(domain(bright), torch.zeros(len(rows)).long())
        there = loss_of(domain(dark), torch.ones(len(rows)).long())
        (here + there).backward()
        opt.step()
with torch.no_grad():
    right = (domain(x[1400:]).argmax(1) == 0).float().mean()
    print("held out:", right.item())
