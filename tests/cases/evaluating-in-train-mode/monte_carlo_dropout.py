# expect: nothing
# Twenty predictions with dropout on purpose, for a measure of doubt.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
loader = DataLoader(TensorDataset(x[:1400], y[:1400]), batch_size=32, shuffle=True)
for epoch in range(6):
    model.train()
    for images, labels in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()

model.eval()
with torch.no_grad():
    plain = model(x[1400:]).argmax(1)
model.train()
with torch.no_grad():
    draws = torch.stack([model(x[1400:]).softmax(1) for _ in range(20)])
mean = draws.mean(0)
print("accuracy", (plain == y[1400:]).float().mean().item())
print("accuracy of the mean", (mean.argmax(1) == y[1400:]).float().mean().item())
print("doubt", draws.std(0).mean().item())
