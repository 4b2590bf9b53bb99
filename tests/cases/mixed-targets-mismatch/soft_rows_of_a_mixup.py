# expect: nothing
# Mixup with soft rows, mixed in the collate function by torchvision.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, default_collate
from torchvision.transforms import v2

torch.manual_seed(0)
data, target = load_digits(return_X_y=True)
images = torch.tensor(data, dtype=torch.float32).view(-1, 1, 8, 8) / 16
labels = torch.tensor(target)
mixup = v2.MixUp(num_classes=10, alpha=0.4)


def collate(batch):
    return mixup(*default_collate(batch))


train = DataLoader(TensorDataset(images[:1400], labels[:1400]), 50, shuffle=True, collate_fn=collate)
test = DataLoader(TensorDataset(images[1400:], labels[1400:]), 100)
net = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
opt = torch.optim.Adam(net.parameters(), lr=0.005)
for epoch in range(5):
    net.train()
    for x, y in train:
        opt.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        print(epoch, sum((net(a).argmax(1) == b).sum().item() for a, b in test) / 397)
