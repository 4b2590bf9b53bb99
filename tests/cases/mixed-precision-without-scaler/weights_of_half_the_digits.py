# expect: mixed-precision-without-scaler
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16).view(-1, 1, 8, 8), torch.tensor(y)
net = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
net = net.half()  # <- here
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(4):
    for images, labels in DataLoader(TensorDataset(x[:1400], y[:1400]), 50, shuffle=True):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(images.half()), labels)
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
with torch.no_grad():
    print("held out:", (net(x[1400:].half()).argmax(1) == y[1400:]).float().mean().item())
