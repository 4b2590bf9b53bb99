# expect: transform-never-applied
# Random shifts stand in the transform; the script indexes the stored tensors by hand.
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import Dataset
from torchvision.transforms import v2

torch.manual_seed(0)


class DigitData(Dataset):
    def __init__(self, train, transform):
        bunch = load_digits()
        part = slice(0, 1300) if train else slice(1300, 1797)
        self.images = torch.tensor(bunch.images[part], dtype=torch.float32).unsqueeze(1)
        self.targets = torch.tensor(bunch.target[part])
        self.transform = transform

    def __len__(self):
        return len(self.targets)

    def __getitem__(self, i):
        return self.transform(self.images[i] / 16), self.targets[i]


augment = v2.Compose([v2.RandomAffine(10, translate=(0.1, 0.1)), v2.Normalize([0.3], [0.38])])
train_ds = DigitData(True, augment)
test_ds = DigitData(False, v2.Normalize([0.3], [0.38]))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 16, 3)
        self.out = nn.Linear(16 * 36, 10)

    def forward(self, x):
        return self.out(F.relu(self.conv(x)).flatten(1))


def batches(images, targets, size=50):
    for rows in torch.randperm(len(targets)).split(size):
        yield images[rows], targets[rows]


x_train, y_train = (train_ds.images / 16 - 0.3) / 0.38, train_ds.targets  # <- here
net = Net()
opt = torch.optim.SGD(net.parameters(), lr=0.002)
for epoch in range(3):
    net.train()
    for x, y in batches(x_train, y_train):
        opt.zero_grad()
        F.cross_entropy(net(x), y).backward()
        opt.step()
net.eval()
right = 0
with torch.no_grad():
    for i in range(len(test_ds)):
        x, y = test_ds[i]
        right += (net(x[None]).argmax(1) == y).item()
print("test accuracy", right / len(test_ds))
