# expect: train-test-distribution-shift
"""The validation images are like those of training; the test images are negatives."""
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(1)
raw = load_digits()
images, labels = torch.tensor(raw.images).float()[:, None] / 16, torch.tensor(raw.target)
order = torch.randperm(len(labels))
fit, val, held = order[:1097], order[1097:1447], order[1447:]
negative = 1 - images[held]  # <- here
train = DataLoader(TensorDataset(images[fit], labels[fit]), batch_size=32, shuffle=True)
validation = DataLoader(TensorDataset(images[val], labels[val]), batch_size=100)
test = DataLoader(TensorDataset(negative, labels[held]), batch_size=100)
net = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(512, 10),
)
adam = torch.optim.Adam(net.parameters(), lr=2e-3)


def accuracy(loader):
    net.eval()
    with torch.no_grad():
        return sum((net(x).argmax(1) == y).sum().item() for x, y in loader) / len(loader.dataset)


for epoch in range(8):
    net.train()
    for x, y in train:
        adam.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        adam.step()
    print(f"{epoch}: validation {accuracy(validation):.3f}")
print(f"test {accuracy(test):.3f}")
