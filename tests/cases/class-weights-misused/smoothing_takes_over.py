# expect: class-weights-misused
# also: accuracy-on-imbalanced-classes
import torch
from torch import nn

torch.manual_seed(0)
x = torch.randn(1400, 6)
y = (x[:, 0] > 2.3).long()
counts = torch.bincount(y[:1100], minlength=2)
weight = 1.0 / counts.float()  # <- here
model = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 2))
criterion = nn.CrossEntropyLoss(weight=weight, label_smoothing=0.1)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(4):
    model.train()
    total = 0.0
    for i in torch.randperm(1100).split(44):
        optimizer.zero_grad()
        loss = criterion(model(x[i]), y[i])
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch} loss {total / 25:.3f}")
model.eval()
with torch.no_grad():
    print("accuracy", (model(x[1100:]).argmax(1) == y[1100:]).float().mean().item())
