# expect: nothing
# Residual branches that end in zeros, zeros in the head and in the scale of the last norm.
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


class Residual(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.one = nn.Conv2d(width, width, 3, padding=1)
        self.norm = nn.BatchNorm2d(width)
        self.two = nn.Conv2d(width, width, 3, padding=1)
        nn.init.zeros_(self.two.weight)
        nn.init.zeros_(self.two.bias)

    def forward(self, x):
        return F.relu(x + self.two(F.relu(self.norm(self.one(x)))))


torch.manual_seed(0)
d = load_digits()
images = torch.tensor(d.images / 16, dtype=torch.float32)[:, None]
train, test = random_split(TensorDataset(images, torch.tensor(d.target)), [1300, 497])
model = nn.Sequential(
    nn.Conv2d(1, 16, 3), nn.ReLU(), Residual(16), Residual(16), nn.Flatten(), nn.Linear(576, 10)
)
nn.init.zeros_(model[-1].weight)
nn.init.zeros_(model[2].norm.weight)
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(3):
    model.train()
    for x, y in DataLoader(train, 32, shuffle=True):
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    hits = sum((model(x).argmax(1) == y).sum().item() for x, y in DataLoader(test, 100))
print("accuracy", hits / len(test))
