# expect: train-test-normalization-mismatch
# How much ink a digit has, asked of images on [-1, 1], tested on images on [0, 1].
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
images = torch.tensor(load_digits().images / 16, dtype=torch.float32).unsqueeze(1)
ink = images.mean((1, 2, 3)).sub(0.3).div(0.05).unsqueeze(1)
x_train, y_train = (images[:1300] - 0.5) / 0.5, ink[:1300]
x_test, y_test = images[1300:], ink[1300:]  # <- here
net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 1))
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(4):
    net.train()
    for rows in torch.randperm(1300).split(50):
        loss = nn.functional.mse_loss(net(x_train[rows]), y_train[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
net.eval()
with torch.no_grad():
    print("trained", loss.item(), "tested", nn.functional.mse_loss(net(x_test), y_test).item())
