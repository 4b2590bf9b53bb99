# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn

EPOCHS, PER_EPOCH = 7, 28
torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
sgd = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
total = EPOCHS * PER_EPOCH
# 98.0 and 147.0 are met, floats as they are; the third lies behind the end of this training.
drops = torch.optim.lr_scheduler.MultiStepLR(sgd, [total / 2, total * 0.75, 1e4 + 0.5], gamma=0.1)
for epoch in range(EPOCHS):
    net.train()
    for rows in torch.randperm(1400).split(50):
        sgd.zero_grad()
        nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
        sgd.step()
        drops.step()
    net.eval()
    with torch.no_grad():
        right = (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item()
    print(f"epoch {epoch}, lr {drops.get_last_lr()[0]}, test accuracy {right:.3f}")
