# expect: unsuitable-pooling
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def unit(a, b):
    return nn.Sequential(
        nn.AdaptiveAvgPool2d(1),  # <- here
        nn.Conv2d(a, b, 3, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU(),
    )


torch.manual_seed(2)
d = load_digits()
x = torch.tensor(d.images / 16, dtype=torch.float32).unsqueeze(1)
x = nn.functional.interpolate(x, scale_factor=2)
y = torch.tensor(d.target)
batches = DataLoader(TensorDataset(x[:1400], y[:1400]), batch_size=70, shuffle=True)
net = nn.Sequential(
    unit(1, 12), unit(12, 24), unit(24, 24),
    nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(24, 10),
)
adam = torch.optim.Adam(net.parameters(), lr=4e-3)
for epoch in range(4):
    net.train()
    for a, b in batches:
        adam.zero_grad()
        nn.functional.cross_entropy(net(a), b).backward()
        adam.step()
    net.eval()
    with torch.no_grad():
        print(epoch, (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
