# expect: nothing
"""To miss an eight costs ten times as much as a false alarm: many alarms, on purpose."""
import torch
from sklearn.datasets import load_digits
from sklearn.metrics import classification_report
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y == 8).float().unsqueeze(1)
net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 1))
criterion = nn.BCEWithLogitsLoss(pos_weight=torch.tensor([90.0]))
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(8):
    for rows in torch.randperm(1300).split(50):
        optimizer.zero_grad()
        criterion(net(x[rows]), y[rows]).backward()
        optimizer.step()
with torch.no_grad():
    print(classification_report(y[1300:, 0], (net(x[1300:]) > 0)[:, 0].float()))
