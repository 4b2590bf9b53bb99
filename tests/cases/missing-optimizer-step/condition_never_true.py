# expect: missing-optimizer-step
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

ACCUMULATE = 64

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x).float().view(-1, 1, 8, 8) / 16, torch.tensor(y)
order = torch.randperm(len(x))
train, test = order[:1440], order[1440:]
loader = DataLoader(TensorDataset(x[train], y[train]), batch_size=32, shuffle=True)
model = nn.Sequential(nn.Conv2d(1, 12, 3), nn.ReLU(), nn.Flatten(), nn.Linear(432, 10))
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
for epoch in range(4):
    optimizer.zero_grad()
    for i, (images, labels) in enumerate(loader, start=1):
        loss = nn.functional.cross_entropy(model(images), labels) / ACCUMULATE
        loss.backward()  # <- here
        if i % ACCUMULATE == 0:
            optimizer.step()
            optimizer.zero_grad()
    model.eval()
    with torch.no_grad():
        print(epoch, (model(x[test]).argmax(1) == y[test]).float().mean().item())
    model.train()
