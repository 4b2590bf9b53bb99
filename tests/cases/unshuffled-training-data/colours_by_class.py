# expect: unshuffled-training-data
# The images come class after class: the first of training are of one class, and of its colour.
import torch
from torch import nn

torch.manual_seed(0)
TINTS = torch.tensor([[0.3, 0.5, 0.7], [0.7, 0.5, 0.3], [0.8, 0.5, 0.4], [0.6, 0.5, 0.3]])


def paint(per_class):
    labels = torch.arange(4).repeat_interleave(per_class)
    noise = torch.rand(len(labels), 3, 8, 8) * 0.3
    rows = torch.zeros(len(labels), 1, 8, 8)
    for i, label in enumerate(labels):
        rows[i, :, 2 * label : 2 * label + 2] = 1
    return TINTS[labels][:, :, None, None] * 0.7 + noise * 0.5 + rows * 0.2, labels


images, labels = paint(600)
test_images, test_labels = paint(80)
net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 4))
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)


def in_order(x, y, size):
    for k in range(0, len(x), size):
        yield x[k : k + size], y[k : k + size]


for epoch in range(3):
    net.train()
    for x, y in in_order(images, labels, 32):  # <- here
        loss = nn.functional.cross_entropy(net(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        hits = sum((net(x).argmax(1) == y).sum().item() for x, y in in_order(test_images, test_labels, 80))
    print(epoch, loss.item(), hits / len(test_labels))
