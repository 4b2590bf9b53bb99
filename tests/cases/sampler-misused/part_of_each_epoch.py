# expect: nothing
"""Short epochs: another tenth of the data in each, balanced."""
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler, random_split

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
data = TensorDataset(torch.tensor(x / 16).float(), torch.tensor(y))
train, test = random_split(data, [1400, 397])
labels = data.tensors[1][train.indices]
weights = (1 / torch.bincount(labels).float())[labels]
loader = DataLoader(train, 20, sampler=WeightedRandomSampler(weights, 300))
model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
opt = torch.optim.Adam(model.parameters(), 3e-3)
for epoch in range(12):
    model.train()
    for a, b in loader:
        opt.zero_grad()
        nn.functional.cross_entropy(model(a), b).backward()
        opt.step()
model.eval()
with torch.no_grad():
    right = sum((model(a).argmax(1) == b).sum().item() for a, b in DataLoader(test, 100))
print("test accuracy", right / len(test))
