# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32) / 16, torch.tensor(y)


class Wrapped(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.module = inner

    def forward(self, x):
        return self.module(x)


inner = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
average = {name: value.clone() for name, value in inner.state_dict().items()}
net = Wrapped(inner)
opt = torch.optim.SGD(net.parameters(), lr=0.2)
for epoch in range(6):
    net.train()
    for i in torch.randperm(1300).split(50):
        opt.zero_grad()
        nn.functional.cross_entropy(net(x[i]), y[i]).backward()
        opt.step()
        for name, value in net.module.state_dict().items():
            if name in average:
                average[name].lerp_(value, 0.05)
    now = {name: value.clone() for name, value in inner.state_dict().items()}
    inner.load_state_dict(average)
    net.eval()
    with torch.no_grad():
        right = (net(x[1300:]).argmax(1) == y[1300:]).float().mean().item()
    inner.load_state_dict(now)
    print(f"epoch {epoch}: {right:.3f}")
