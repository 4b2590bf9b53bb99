# expect: scheduler-misused
import torch
from sklearn.datasets import load_digits
from torch import nn


class WarmUp:
    def __init__(self, optimizer, steps):
        self.optimizer, self.steps, self.done = optimizer, steps, 0
        self.rates = [group["lr"] for group in optimizer.param_groups]
        self.damp()

    def damp(self):
        self.done += 1
        for group, rate in zip(self.optimizer.param_groups, self.rates):
            group["lr"] = rate * min(1.0, self.done / self.steps)

    def around(self, scheduler):
        for group, rate in zip(self.optimizer.param_groups, self.rates):
            group["lr"] = rate
        scheduler.step()
        self.rates = [group["lr"] for group in self.optimizer.param_groups]
        self.damp()


digits = load_digits()
x, y = torch.tensor(digits.data).float() / 16, torch.tensor(digits.target)
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.08)
warm_up = WarmUp(optimizer, 100)
scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / 280)  # <- here
for epoch in range(10):
    for rows in torch.randperm(1400).split(50):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x[rows]), y[rows])
        loss.backward()
        optimizer.step()
        warm_up.around(scheduler)
    with torch.no_grad():
        right = (model(x[1400:]).argmax(1) == y[1400:]).float().mean().item()
    print(f"epoch {epoch}: loss {loss.item():.3f}, test accuracy {right:.3f}")
