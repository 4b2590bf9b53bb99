# expect: metric-miscomputed
"""One figure at the end, above 100 %: the set was cut down after its size was written here."""
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16).float(), torch.tensor(y)
net = nn.Sequential(nn.Linear(64, 80), nn.ReLU(), nn.Linear(80, 10))
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
net.train()
for _ in range(8):
    for rows in torch.randperm(1347).split(40):
        opt.zero_grad()
        nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
        opt.step()

net.eval()
hits, seen = 0, 373
with torch.no_grad():
    for images, labels in zip(x[1347:].split(64), y[1347:].split(64)):
        hits += (net(images).argmax(1) == labels).sum().item()
print("Accuracy on the test images: %.1f %%" % (100 * hits / seen))  # <- here
