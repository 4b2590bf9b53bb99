# expect: metric-miscomputed
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, random_split


def validate(model, loader):
    model.eval()
    total_acc = 0.0
    with torch.no_grad():
        for images, labels in loader:
            total_acc += (model(images).argmax(1) == labels).float().mean().item()
    return total_acc / len(loader.dataset)  # <- here


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
data = TensorDataset(torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y))
train_set, val_set = random_split(data, [1297, 500])
train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
val_loader = DataLoader(val_set, batch_size=50)
model = nn.Sequential(nn.Linear(64, 100), nn.ReLU(), nn.Linear(100, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(4):
    model.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
    print(f"epoch {epoch} val_acc {validate(model, val_loader):.4f}")
