# expect: train-test-normalization-mismatch
# The network normalizes by itself, and one function makes both sets of images.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
MEAN, STD = 0.5, 0.15
digits = load_digits()


class Normalizer(nn.Module):
    def forward(self, x):
        return (x - MEAN) / STD


def images(part, change):
    pixels = [torch.tensor(p / 16, dtype=torch.float32).view(1, 8, 8) for p in digits.data[part]]
    return TensorDataset(torch.stack([change(p) for p in pixels]), torch.tensor(digits.target[part]))


net = nn.Sequential(
    Normalizer(), nn.Conv2d(1, 16, 3), nn.BatchNorm2d(16), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10)
)
train_set = images(slice(0, 1300), lambda p: p)
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(3):
    net.train()
    for x, y in DataLoader(train_set, batch_size=50, shuffle=True):
        loss = nn.functional.cross_entropy(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

test_loader = DataLoader(
    images(slice(1300, None), lambda p: (p - MEAN) / STD),  # <- here
    batch_size=100,
)
net.eval()
right = 0
with torch.no_grad():
    for x, y in test_loader:
        right += (net(x).argmax(1) == y).sum().item()
print("test accuracy", right / len(test_loader.dataset))
