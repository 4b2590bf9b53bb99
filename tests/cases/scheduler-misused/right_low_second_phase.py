# expect: nothing
# First the whole training, then some epochs at a hundredth of the rate, with a schedule of their own.
import torch
from sklearn.datasets import load_digits
from torch import nn

digits = load_digits()
x, y = torch.tensor(digits.data).float() / 16, torch.tensor(digits.target)
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.2)


def phase(epochs, scheduler):
    for _ in range(epochs):
        for rows in torch.randperm(1400).split(50):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
            optimizer.step()
        scheduler.step()
    with torch.no_grad():
        print("test accuracy", (model(x[1400:]).argmax(1) == y[1400:]).float().mean().item())


phase(6, torch.optim.lr_scheduler.StepLR(optimizer, step_size=3, gamma=0.5))
for group in optimizer.param_groups:
    group["lr"] = 0.002
phase(4, torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5))
