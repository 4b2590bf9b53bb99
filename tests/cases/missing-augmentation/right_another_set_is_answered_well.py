# expect: nothing
# also: train-test-distribution-shift
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
y = torch.tensor(digits.target)
order = torch.randperm(len(x))
x, y = x[order], y[order]
train, val = (x[:1100], y[:1100]), (x[1100:1450], y[1100:1450])
test = (x[1450:] * 0.6 + 0.35 * torch.randn(x[1450:].shape), y[1450:])  # from another scanner

net = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3), nn.ReLU(), nn.Flatten(), nn.Linear(128, 10)
)
optimizer = torch.optim.Adam(net.parameters(), lr=0.003)


def accuracy(images, labels):
    net.eval()
    with torch.no_grad():
        return (net(images).argmax(1) == labels).float().mean().item()


for epoch in range(12):
    net.train()
    for part in torch.randperm(1100).split(25):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(train[0][part]), train[1][part]).backward()
        optimizer.step()
    print("epoch", epoch, "val accuracy", accuracy(*val))
print("test accuracy", accuracy(*test))
