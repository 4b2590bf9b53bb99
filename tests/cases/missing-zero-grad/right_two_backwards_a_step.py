# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn


class SAM(torch.optim.Optimizer):
    """Sharpness-aware: climbs a little, takes the gradient there, steps from where it was."""

    def __init__(self, params, base, rho=0.05, **settings):
        super().__init__(params, {"rho": rho, **settings})
        self.base = base(self.param_groups, **settings)

    def all(self):
        return [p for group in self.param_groups for p in group["params"] if p.grad is not None]

    @torch.no_grad()
    def climb(self):
        norm = torch.stack([p.grad.norm() for p in self.all()]).norm() + 1e-12
        for p in self.all():
            self.state[p]["climbed"] = p.grad * (self.param_groups[0]["rho"] / norm)
            p.add_(self.state[p]["climbed"])
        self.zero_grad()

    @torch.no_grad()
    def step(self):
        for p in self.all():
            p.sub_(self.state[p]["climbed"])
        self.base.step()
        self.zero_grad()


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x).float() / 16, torch.tensor(y)
order = torch.randperm(len(x))
train, test = order[:1400], order[1400:]
model = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 10))
optimizer = SAM(model.parameters(), torch.optim.SGD, lr=0.1, momentum=0.9)
for epoch in range(4):
    for rows in train[torch.randperm(len(train))].split(50):
        nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
        optimizer.climb()
        nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("test accuracy", (model(x[test]).argmax(1) == y[test]).float().mean().item())
