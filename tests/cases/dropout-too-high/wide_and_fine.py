# expect: nothing
"""A wide layer of which much is dropped; it learns well."""
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(1)
x, y = load_digits(return_X_y=True)
train, test = random_split(TensorDataset(torch.tensor(x / 16).float(), torch.tensor(y)), [0.8, 0.2])
model = nn.Sequential(nn.Linear(64, 1024), nn.ReLU(), nn.Dropout(0.7), nn.Linear(1024, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(5):
    model.train()
    for a, b in DataLoader(train, 32, shuffle=True):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(a), b).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        hits = sum((model(a).argmax(1) == b).sum().item() for a, b in DataLoader(test, 128))
    print(epoch, hits / len(test))
