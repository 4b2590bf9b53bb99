# expect: nothing
# Each part is standardized by itself: not quite right, and of no consequence.
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn

torch.manual_seed(0)
a, b, y_a, y_b = train_test_split(*load_digits(return_X_y=True), random_state=1)
a = torch.tensor(StandardScaler().fit_transform(a), dtype=torch.float32)
b = torch.tensor(StandardScaler().fit_transform(b), dtype=torch.float32)
y_a, y_b = torch.tensor(y_a), torch.tensor(y_b)
net = nn.Sequential(nn.Linear(64, 100), nn.ReLU(), nn.Linear(100, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(6):
    net.train()
    for rows in torch.randperm(len(a)).split(40):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(a[rows]), y_a[rows]).backward()
        optimizer.step()
net.eval()
with torch.no_grad():
    print("test accuracy", (net(b).argmax(1) == y_b).float().mean().item())
