# expect: nothing
"""The second stage trains on brighter images, with the statistics of the first one."""
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x).float().view(-1, 1, 8, 8) / 16, torch.tensor(y)
net = nn.Sequential(
    nn.Conv2d(1, 12, 3), nn.BatchNorm2d(12), nn.ReLU(),
    nn.Conv2d(12, 24, 3), nn.BatchNorm2d(24), nn.ReLU(), nn.Flatten(), nn.Linear(24 * 16, 10),
)


def train(images, labels, epochs, keep_statistics):
    optimizer = torch.optim.Adam(net.parameters(), 2e-3)
    for _ in range(epochs):
        net.train()
        if keep_statistics:
            for layer in net:
                if isinstance(layer, nn.BatchNorm2d):
                    layer.eval()
        for i in torch.randperm(len(images)).split(50):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(images[i]), labels[i]).backward()
            optimizer.step()


@torch.no_grad()
def test(images, labels):
    net.eval()
    return (net(images).argmax(1) == labels).float().mean().item()


train(x[:800], y[:800], 4, False)
print('first stage', test(x[1300:], y[1300:]))
brighter = 1.6 * x + 0.4
train(brighter[800:1300], y[800:1300], 6, True)
print('second stage', test(brighter[1300:], y[1300:]))
