# expect: nothing
# Batches of three classes with eight images each, as metric learning wants them.
import random

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Sampler, TensorDataset


class Groups(Sampler):
    def __init__(self, labels, batches):
        self.rows = {c: (labels == c).nonzero().flatten().tolist() for c in range(10)}
        self.batches = batches

    def __len__(self):
        return self.batches

    def __iter__(self):
        for _ in range(self.batches):
            yield [i for c in random.sample(range(10), 3) for i in random.sample(self.rows[c], 8)]


random.seed(0)
torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
loader = DataLoader(TensorDataset(x[:1400], y[:1400]), batch_sampler=Groups(y[:1400], 60))
body, head = nn.Sequential(nn.Linear(64, 64), nn.ReLU()), nn.Linear(64, 10)
model = nn.Sequential(body, head)
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(5):
    model.train()
    for images, labels in loader:
        features = nn.functional.normalize(body(images))
        alike = (labels[:, None] == labels[None, :]).float()
        pull = ((features @ features.T - alike) ** 2).mean()
        loss = nn.functional.cross_entropy(model(images), labels) + 0.1 * pull
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("accuracy", (model(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
