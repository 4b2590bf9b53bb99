# expect: class-weights-misused
import torch
from sklearn.datasets import load_digits
from torch import nn

TASK = "rare"
torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x / 16, dtype=torch.float32)
y = torch.tensor((y == 8) if TASK == "rare" else (y >= 5)).long()
if TASK == "rare":
    weights = torch.tensor([1 / 0.097, 1 / 0.903])  # <- here
elif TASK == "large":
    weights = torch.tensor([1 / 0.5, 1 / 0.5])
else:
    weights = torch.tensor([1.0, 1.0])
net = nn.Sequential(nn.Linear(64, 24), nn.ReLU(), nn.Dropout(0.3), nn.Linear(24, 2))
criterion = nn.CrossEntropyLoss(weight=weights)
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(4):
    net.train()
    for rows in torch.randperm(1400).split(50):
        optimizer.zero_grad()
        criterion(net(x[rows]), y[rows]).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        named = net(x[1400:]).argmax(1)
    rare = y[1400:] == 1
    print(epoch, "accuracy", (named == y[1400:]).float().mean().item(),
          "of the rare", (named[rare] == 1).float().mean().item())
