# expect: loss-cut-from-model
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(1)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32) / 16, torch.tensor(y)
make = nn.Sequential(nn.Linear(26, 64), nn.ReLU(), nn.Linear(64, 64), nn.Sigmoid())
judge = nn.Sequential(nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 10))
of_make = torch.optim.Adam(make.parameters(), 1e-3)
of_judge = torch.optim.Adam(judge.parameters(), 1e-3)
for epoch in range(3):
    for rows in torch.randperm(1500).split(50):
        wanted = F.one_hot(y[rows], 10).float()
        image = make(torch.cat([wanted, torch.randn(len(rows), 16)], 1))
        grey = (image.mean() - x.mean()) ** 2
        of_make.zero_grad()
        verdict = judge(image.detach())  # <- here
        (F.cross_entropy(verdict, y[rows]) + 10 * grey).backward()
        of_make.step()
        of_judge.zero_grad()
        F.cross_entropy(judge(x[rows]), y[rows]).backward()
        of_judge.step()
    with torch.no_grad():
        made = make(torch.cat([torch.eye(10).repeat(20, 1), torch.randn(200, 16)], 1))
        seen = (judge(made).argmax(1) == torch.arange(10).repeat(20)).float().mean()
        real = (judge(x[1500:]).argmax(1) == y[1500:]).float().mean()
    print(epoch, "made digits recognized", seen.item(), "real ones", real.item())
