# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)


def network():
    return nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 10))


def right(net, rows):
    net.eval()
    with torch.no_grad():
        return (net(x[rows]).argmax(1) == y[rows]).float().mean().item()


def fits(path):
    """Whether the file is one of this network: only to see, nothing is kept."""
    return not network().load_state_dict(torch.load(path), strict=False).missing_keys


net = network()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(6):
    net.train()
    for part in torch.randperm(1200).split(50):
        opt.zero_grad()
        nn.functional.cross_entropy(net(x[part]), y[part]).backward()
        opt.step()
    print(epoch, "validation", right(net, slice(1200, 1500)))
torch.save(net.state_dict(), "digits.pt")
assert fits("digits.pt")

stored = network()
stored.load_state_dict(torch.load("digits.pt"))
best = network()
best.load_state_dict(stored.state_dict())
del stored
print("test accuracy", right(best, slice(1500, 1797)))
