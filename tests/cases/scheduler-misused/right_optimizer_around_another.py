# expect: nothing
# The scheduler is given the outer optimizer, which lets an inner one do the steps.
import torch
from sklearn.datasets import load_digits
from torch import nn


class Twice(torch.optim.Optimizer):
    def __init__(self, params, base, **settings):
        super().__init__(params, settings)
        self.base = base(self.param_groups, **settings)
        self.param_groups = self.base.param_groups

    def forth(self):
        self.saved = [p.detach().clone() for g in self.param_groups for p in g["params"]]
        with torch.no_grad():
            for g in self.param_groups:
                for p in g["params"]:
                    p.add_(p.grad, alpha=0.01)
        self.zero_grad()

    def back(self):
        with torch.no_grad():
            for p, old in zip([p for g in self.param_groups for p in g["params"]], self.saved):
                p.copy_(old)
        self.base.step()
        self.zero_grad()


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
opt = Twice(net.parameters(), torch.optim.SGD, lr=0.1, momentum=0.9)
sched = torch.optim.lr_scheduler.StepLR(opt, step_size=1, gamma=0.5)
for epoch in range(4):
    for rows in torch.randperm(1400).split(50):
        nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
        opt.forth()
        nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
        opt.back()
    sched.step()
with torch.no_grad():
    print((net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
