# expect: nothing
"""No regularization, all training samples right, and the held-out ones nearly as well."""
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
train, test = random_split(TensorDataset(torch.tensor(x / 16).float(), torch.tensor(y)), [1200, 597])
model = nn.Sequential(nn.Linear(64, 200), nn.ReLU(), nn.Linear(200, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(15):
    model.train()
    for a, b in DataLoader(train, 48, shuffle=True):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(a), b).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        hits = sum((model(a).argmax(1) == b).sum().item() for a, b in DataLoader(test, 200))
    print(epoch, hits / len(test))
