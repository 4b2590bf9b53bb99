# expect: nothing
# Six backwards for each step: five look for the worst change of the images.
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
d = load_digits()
x = torch.tensor(d.images, dtype=torch.float32)[:, None] / 16
y = torch.tensor(d.target)
net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
loss_of = nn.CrossEntropyLoss()


def attacked(images, labels, far=0.05):
    change = torch.zeros_like(images)
    for _ in range(5):
        change.requires_grad_(True)
        optimizer.zero_grad()
        loss_of(net(images + change), labels).backward()
        change = (change.detach() + 0.02 * change.grad.sign()).clamp(-far, far)
    return images + change


for epoch in range(4):
    for rows in torch.randperm(1400).split(50):
        worst = attacked(x[rows], y[rows])
        optimizer.zero_grad()
        loss_of(net(worst), y[rows]).backward()
        optimizer.step()
with torch.no_grad():
    print("test accuracy", (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
