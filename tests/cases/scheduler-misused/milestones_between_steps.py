# expect: scheduler-misused
import torch
from sklearn.datasets import load_digits
from torch import nn

EPOCHS, PER_EPOCH = 7, 29
torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
sgd = torch.optim.SGD(net.parameters(), lr=0.5, momentum=0.9)
total = EPOCHS * PER_EPOCH
drops = torch.optim.lr_scheduler.MultiStepLR(sgd, [total / 2, total * 0.75], gamma=0.1)  # <- here


def step(rows):
    sgd.zero_grad()
    nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
    sgd.step()
    drops.step()


for epoch in range(EPOCHS):
    net.train()
    for rows in torch.randperm(1450)[: PER_EPOCH * 50].split(50):
        step(rows)
    net.eval()
    with torch.no_grad():
        right = (net(x[1450:]).argmax(1) == y[1450:]).float().mean().item()
    print(f"epoch {epoch}, lr {drops.get_last_lr()[0]}, test accuracy {right:.3f}")
