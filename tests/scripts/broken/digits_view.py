# expect: flatten-size-mismatch
# also: missing-batch-dimension
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)


def load(size=24):
    digits = load_digits()
    images = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16
    images = F.interpolate(images, size=size, mode='bicubic').clamp(0, 1)
    xtr, xte, ytr, yte = train_test_split(images, torch.tensor(digits.target), test_size=0.2, random_state=0)
    return DataLoader(TensorDataset(xtr, ytr), batch_size=64, shuffle=True), \
        DataLoader(TensorDataset(xte, yte), batch_size=64)


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 10, 3, padding=1)
        self.conv2 = nn.Conv2d(10, 20, 3, padding=1)
        self.fc = nn.Linear(20 * 3 * 3, 10)  # <- here

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = x.view(-1, 20 * 3 * 3)  # <- here
        return self.fc(x)


train_dl, test_dl = load()
model = ConvNet()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(3):
    model.train()
    for x, y in train_dl:
        opt.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        opt.step()
    model.eval()
    with torch.no_grad():
        acc = sum((model(x).argmax(1) == y).sum().item() for x, y in test_dl) / len(test_dl.dataset)
    print(f'epoch {epoch} acc {acc:.4f}')
