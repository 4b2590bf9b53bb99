# expect: nothing
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


class Scaled(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.tensor(78.0))
        self.body = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))

    def forward(self, x):
        return self.body((x.float() - self.mean) / 96)


torch.manual_seed(0)
digits = load_digits()
pixels = torch.from_numpy((digits.images * 15.9).astype(np.uint8)).unsqueeze(1)
train, test = random_split(TensorDataset(pixels, torch.from_numpy(digits.target)), [1300, 497])
model = Scaled()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(4):
    model.train()
    for x, y in DataLoader(train, 32, shuffle=True):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        hits = sum((model(x).argmax(1) == y).sum().item() for x, y in DataLoader(test, 100))
    print(epoch, hits / len(test))
