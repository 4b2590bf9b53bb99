# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32) / 16, torch.tensor(y)
order = torch.randperm(len(x))
train, test = order[:1000], order[1000:]
mixed = torch.cat([train[:200], test])  # what the pictures of the report are drawn from
net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
opt = torch.optim.Adam(net.parameters(), lr=3e-3)


@torch.no_grad()
def wrong(rows):
    net.eval()
    return rows[net(x[rows]).argmax(1) != y[rows]]


for epoch in range(8):
    net.train()
    for i in train[torch.randperm(1000)].split(50):
        opt.zero_grad()
        nn.functional.cross_entropy(net(x[i]), y[i]).backward()
        opt.step()
    print(epoch, "test accuracy", 1 - len(wrong(test)) / len(test))
    with torch.no_grad():
        sure = net(x[mixed]).softmax(1).max(1).values
    print("to draw:", mixed[sure.argsort()[:5]].tolist(), (net(x[mixed]).argmax(1) == y[mixed]).sum())
