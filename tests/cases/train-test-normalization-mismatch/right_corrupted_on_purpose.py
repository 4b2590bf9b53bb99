# expect: nothing
"""How a trained network stands paler, inverted and blurred digits, beside the ones it knows."""

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(5)
raw = load_digits()
images, labels = torch.tensor(raw.images).float().unsqueeze(1) / 16, torch.tensor(raw.target)
images = (images - images[:1200].mean()) / images[:1200].std()
CORRUPTIONS = {
    "none": lambda x: x,
    "pale": lambda x: 0.4 * x + 1.2,
    "inverted": lambda x: 0.9 - x,
    "blurred": lambda x: F.avg_pool2d(x, 3, 1, 1),
}


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 16, 3, padding=1), nn.Conv2d(16, 32, 3, padding=1)
        self.head = nn.Linear(32 * 16, 10)

    def forward(self, x):
        x = F.relu(self.conv2(F.relu(self.conv1(x))))
        return self.head(F.max_pool2d(x, 2).flatten(1))


def accuracy(model, x, y):
    model.eval()
    with torch.no_grad():
        right = sum((model(a).argmax(1) == b).sum().item() for a, b in zip(x.split(100), y.split(100)))
    return right / len(y)


model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(6):
    model.train()
    for rows in torch.randperm(1200).split(40):
        optimizer.zero_grad()
        F.cross_entropy(model(images[rows]), labels[rows]).backward()
        optimizer.step()
    print(f"epoch {epoch}: held out {accuracy(model, images[1200:], labels[1200:]):.3f}")
for name, corrupt in CORRUPTIONS.items():
    print(f"{name}: {accuracy(model, corrupt(images[1200:]), labels[1200:]):.3f}")
