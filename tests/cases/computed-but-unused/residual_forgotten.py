# expect: computed-but-unused
# also: unsuitable-activation
import torch
from sklearn.datasets import make_circles
from torch import nn


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width))

    def forward(self, x):
        out = self.inner(x)  # <- here
        return x


class ResNet(nn.Module):
    def __init__(self, width=32, depth=3):
        super().__init__()
        self.stem = nn.Linear(2, width)
        self.blocks = nn.ModuleList([Block(width) for _ in range(depth)])
        self.head = nn.Linear(width, 1)

    def forward(self, x):
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        return self.head(x).squeeze(1)


def fit(model, x, y, epochs=6):
    opt = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(epochs):
        for idx in torch.randperm(len(x)).split(50):
            loss = nn.functional.binary_cross_entropy_with_logits(model(x[idx]), y[idx])
            opt.zero_grad(set_to_none=True)
            loss.backward()
            opt.step()
    return model


torch.manual_seed(0)
x, y = make_circles(1000, noise=0.08, factor=0.4, random_state=1)
x, y = torch.tensor(x).float(), torch.tensor(y).float()
net = fit(ResNet(), x[:800], y[:800]).eval()
with torch.no_grad():
    print("accuracy", ((net(x[800:]) > 0) == (y[800:] > 0.5)).float().mean().item())
