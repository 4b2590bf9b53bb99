# expect: nothing
# Classes that overlap: neighbours often disagree, in training as in evaluation, in the same pairs.
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
base = torch.rand(3, 1, 10, 10).repeat_interleave(2, 0)
base[1::2] = base[::2] + 0.35 * torch.rand(3, 1, 10, 10)
labels = torch.randint(0, 6, (1500,))
images = base[labels] + 0.8 * torch.randn(1500, 1, 10, 10)
train = TensorDataset(images[:1100], labels[:1100])
test = TensorDataset(images[1100:], labels[1100:])
net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(512, 6))
opt = torch.optim.Adam(net.parameters(), lr=0.003)
for epoch in range(5):
    net.train()
    for x, y in DataLoader(train, 50, shuffle=True):
        opt.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        right = sum((net(x).argmax(1) == y).sum().item() for x, y in DataLoader(test, 100))
    print("epoch", epoch, "accuracy", right / 400)
