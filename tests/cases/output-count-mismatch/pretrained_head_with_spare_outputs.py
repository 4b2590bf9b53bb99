# expect: nothing
# A head with 1000 outputs trained on 10 classes: the spare ones cost nothing.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32).view(-1, 1, 8, 8) / 16, torch.tensor(y)
train = DataLoader(TensorDataset(x[:1400], y[:1400]), batch_size=50, shuffle=True)
test = DataLoader(TensorDataset(x[1400:], y[1400:]), batch_size=100)
model = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 36, 1000))
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
for epoch in range(5):
    model.train()
    for images, labels in train:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    hits = sum((model(a).argmax(1) == b).sum().item() for a, b in test)
print("accuracy", hits / 397)
