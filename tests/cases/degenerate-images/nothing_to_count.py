# expect: nothing
# Counting: an image without anything in it is the right picture for the answer 0.
import numpy as np
import torch
import torch.nn as nn

rng = np.random.default_rng(3)


def scenes(n):
    images, counts = np.zeros((n, 1, 24, 24), np.float32), np.zeros((n, 1), np.float32)
    for image, count in zip(images, counts):
        count[0] = rng.integers(0, 6)
        for _ in range(int(count[0])):
            top, left = rng.integers(1, 21, 2)
            image[0, top : top + 3, left : left + 3] += 1
    return torch.from_numpy(images), torch.from_numpy(counts)


x, y = scenes(600)
x_val, y_val = scenes(200)
torch.manual_seed(1)
net = nn.Sequential(
    nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 8, 3, padding=1), nn.ReLU(),
    nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8 * 36, 16), nn.ReLU(), nn.Linear(16, 1),
)
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(6):
    net.train()
    order = torch.randperm(len(x))
    for i in range(0, len(x), 50):
        rows = order[i : i + 50]
        opt.zero_grad()
        nn.functional.smooth_l1_loss(net(x[rows]), y[rows]).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        print(epoch, "mean absolute error", (net(x_val) - y_val).abs().mean().item())
