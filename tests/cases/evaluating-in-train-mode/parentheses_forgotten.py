# expect: evaluating-in-train-mode
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
d = load_digits()
ds = TensorDataset(torch.tensor(d.images).float()[:, None] / 16, torch.tensor(d.target))
train_ds, val_ds = random_split(ds, [1400, 397])
train_dl, val_dl = DataLoader(train_ds, 50, shuffle=True), DataLoader(val_ds, 100)
model = nn.Sequential(
    nn.Conv2d(1, 16, 3), nn.BatchNorm2d(16), nn.ReLU(), nn.Flatten(), nn.Dropout(0.5), nn.Linear(576, 10)
)
opt = torch.optim.Adam(model.parameters(), lr=1e-3)


def validate():
    model.eval  # <- here
    hits = 0
    with torch.no_grad():
        for x, y in val_dl:
            hits += (model(x).argmax(1) == y).sum().item()
    return hits / len(val_ds)


for epoch in range(3):
    model.train()
    for x, y in train_dl:
        opt.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        opt.step()
    print(epoch, validate())
