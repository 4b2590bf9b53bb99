# expect: nothing
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32).view(-1, 1, 8, 8) / 16, torch.tensor(y)
loader = DataLoader(TensorDataset(x[:1400], y[:1400]), batch_size=32, shuffle=True)
net = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 36, 10))
opt = torch.optim.Adam(net.parameters(), lr=3e-3, maximize=True)
for _ in range(5):
    for images, labels in loader:
        opt.zero_grad()
        log_likelihood = -F.cross_entropy(net(images), labels)
        log_likelihood.backward()
        opt.step()
with torch.no_grad():
    print("held out:", (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
