# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(4)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32) / 16, torch.tensor(y)
net = nn.Sequential(nn.Linear(64, 96), nn.ReLU(), nn.Linear(96, 10))
opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)


def right(rows):
    net.eval()
    with torch.no_grad():
        return (net(x[rows]).argmax(1) == y[rows]).float().mean().item()


begin, floor = 0, 0.5
history = []
for epoch in range(10):
    net.train()
    for rows in torch.randperm(1000).split(50):
        opt.zero_grad()
        nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
        opt.step()
    score = right(slice(1000, 1400))
    history.append(score)
    if epoch >= begin:
        torch.save(net.state_dict(), "latest.pt")
    if score > floor:
        torch.save(net.state_dict(), "good_enough.pt")
net.load_state_dict(torch.load("latest.pt"))
print("validation", history[-1], "test", right(slice(1400, None)))
