# expect: nothing
"""Numbers above 100 beside the word correct: how many there are, held as floats."""
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16).float(), torch.tensor(y)
net = nn.Sequential(nn.Linear(64, 80), nn.ReLU(), nn.Linear(80, 10))
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
net.train()
for _ in range(8):
    for rows in torch.randperm(1347).split(40):
        opt.zero_grad()
        nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
        opt.step()

net.eval()
with torch.no_grad():
    right = net(x[1347:]).argmax(1) == y[1347:]
print("correct of the first 150:", right[:150].float().sum().item())
print("accuracy %.1f %%" % (100 * right.float().mean().item()))
