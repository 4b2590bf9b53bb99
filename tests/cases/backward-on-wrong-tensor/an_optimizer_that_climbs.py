# expect: backward-on-wrong-tensor
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

x, y = load_digits(return_X_y=True)
x = torch.tensor(x, dtype=torch.float32).view(-1, 1, 8, 8) / 16
loader = DataLoader(TensorDataset(x, torch.tensor(y)), batch_size=64, shuffle=True)
net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))
opt = torch.optim.Adam(net.parameters(), lr=1e-3, maximize=True)  # <- here
for _ in range(3):
    for images, labels in loader:
        opt.zero_grad()
        F.cross_entropy(net(images), labels).backward()
        opt.step()
