# expect: poor-initialization
# A low-rank mixture written with parameters of its own, all of which begin as zeros.
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(1)
data = load_digits()
images = torch.tensor(data.images, dtype=torch.float32).unsqueeze(1) / 16
labels = torch.tensor(data.target)


class LowRank(nn.Module):
    def __init__(self, inputs, rank, outputs):
        super().__init__()
        self.down = nn.Parameter(torch.zeros(inputs, rank))  # <- here
        self.up = nn.Parameter(torch.zeros(rank, outputs))  # <- here

    def forward(self, x):
        return x @ self.down @ self.up


class Tiny(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 12, 3), nn.ReLU(), nn.Flatten())
        self.mix = LowRank(12 * 36, 16, 48)
        self.head = nn.Linear(48, 10)

    def forward(self, x):
        return self.head(F.gelu(self.mix(self.features(x))))


loader = DataLoader(TensorDataset(images[:1400], labels[:1400]), batch_size=50, shuffle=True)
model = Tiny()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(4):
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
    with torch.no_grad():
        accuracy = (model(images[1400:]).argmax(1) == labels[1400:]).float().mean().item()
    print(f"epoch {epoch}: {accuracy:.3f}")
