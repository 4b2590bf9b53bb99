# expect: unshuffled-training-data
# data: shared
# args: {data}
import sys
import torch
import torch.nn as nn
from torchvision.datasets import MNIST

torch.manual_seed(0)
PER_CLASS, BATCH = 300, 30


def balanced(ds, per_class):
    """The same number of images of every digit."""
    x, y = [], []
    for digit in range(10):
        rows = (ds.targets == digit).nonzero().flatten()[:per_class]
        x.append(ds.data[rows])
        y.append(ds.targets[rows])
    x = torch.cat(x).unsqueeze(1).float() / 255
    return (x - 0.1307) / 0.3081, torch.cat(y)


x_train, y_train = balanced(MNIST(sys.argv[1], train=True), PER_CLASS)
x_test, y_test = balanced(MNIST(sys.argv[1], train=False), 80)

net = nn.Sequential(
    nn.Conv2d(1, 8, 5, stride=2), nn.ReLU(),
    nn.Conv2d(8, 16, 3, stride=2), nn.ReLU(),
    nn.Flatten(), nn.Linear(16 * 25, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
loss_function = nn.CrossEntropyLoss()

for epoch in range(4):
    net.train()
    for start in range(0, len(x_train), BATCH):  # <- here
        x, y = x_train[start:start + BATCH], y_train[start:start + BATCH]  # <- here
        loss = loss_function(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        accuracy = (net(x_test).argmax(dim=1) == y_test).float().mean().item()
    print(f'epoch {epoch + 1}, test accuracy {accuracy:.4f}')
