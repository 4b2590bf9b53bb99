# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(4)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32) / 16, torch.tensor(y)
net = nn.Sequential(nn.Linear(64, 96), nn.ReLU(), nn.Linear(96, 10))
opt = torch.optim.SGD(net.parameters(), lr=0.4, momentum=0.9)


def validate(rows):
    net.eval()
    with torch.no_grad():
        return {"accu": (net(x[rows]).argmax(1) == y[rows]).float().mean().item()}


best_accu = 0
for epoch in range(12):
    net.train()
    for rows in torch.randperm(300).split(25):
        opt.zero_grad()
        nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
        opt.step()
    stats = validate(slice(600, 1200))
    files = ["last.pt"]
    if stats["accu"] > best_accu:
        files.append("best.pt")
        best_accu = stats["accu"]
    for file in files:
        torch.save(net.state_dict(), file)
net.load_state_dict(torch.load("best.pt"))
print("test", validate(slice(1200, None)))
