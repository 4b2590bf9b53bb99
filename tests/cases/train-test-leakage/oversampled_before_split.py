# expect: train-test-leakage
# The rare class is repeated until the classes are even, and only then split.
import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(1)
rng = np.random.RandomState(1)
images, digit = load_digits(return_X_y=True)
is_eight = (digit == 8).astype(np.int64)
rare = np.flatnonzero(is_eight)
extra = rng.choice(rare, 1200)
images = np.concatenate([images, images[extra]])
labels = np.concatenate([is_eight, is_eight[extra]])
train_x, test_x, train_y, test_y = train_test_split(images, labels, test_size=0.25, random_state=0)  # <- here


class Digits(Dataset):
    def __init__(self, pixels, targets):
        self.pixels = pixels.reshape(-1, 1, 8, 8).astype(np.float32) / 16
        self.targets = targets

    def __len__(self):
        return len(self.targets)

    def __getitem__(self, i):
        return torch.from_numpy(self.pixels[i]), int(self.targets[i])


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3)
        self.head = nn.Linear(8 * 36, 2)

    def forward(self, x):
        return self.head(torch.relu(self.conv(x)).flatten(1))


train_loader = DataLoader(Digits(train_x, train_y), batch_size=64, shuffle=True)
test_loader = DataLoader(Digits(test_x, test_y), batch_size=256)
net, criterion = Net(), nn.CrossEntropyLoss()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(4):
    net.train()
    for xb, yb in train_loader:
        opt.zero_grad()
        loss = criterion(net(xb), yb)
        loss.backward()
        opt.step()
    net.eval()
    correct = total = 0
    with torch.no_grad():
        for xb, yb in test_loader:
            correct += (net(xb).argmax(1) == yb).sum().item()
            total += len(yb)
    print(f"epoch {epoch}: test accuracy {correct / total:.3f}")
