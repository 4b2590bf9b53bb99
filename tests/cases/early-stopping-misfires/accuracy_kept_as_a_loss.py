# expect: early-stopping-misfires
import torch
from sklearn.datasets import load_digits
from torch import nn


class Keeper:
    """The last network in one file, the best in another."""

    def __init__(self, network):
        self.network = network
        self.lowest = float("inf")

    def after(self, epoch, value):
        state = {"network": self.network.state_dict(), "epoch": epoch}
        torch.save(state, "last.pt")
        if value <= self.lowest:  # <- here
            torch.save(state, "best.pt")
            self.lowest = value

    def restore(self):
        self.network.load_state_dict(torch.load("best.pt")["network"])


def share_right(network, x, y):
    network.eval()
    with torch.no_grad():
        return (network(x).argmax(1) == y).float().mean().item()


torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
y = torch.tensor(digits.target)
order = torch.randperm(len(x))
train, valid, test = order[:1000], order[1000:1400], order[1400:]
network = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
optimizer = torch.optim.SGD(network.parameters(), lr=0.02, momentum=0.9)
keeper = Keeper(network)
for epoch in range(8):
    network.train()
    for rows in train[torch.randperm(1000)].split(50):
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(x[rows]), y[rows]).backward()
        optimizer.step()
    right = share_right(network, x[valid], y[valid])
    print(f"epoch {epoch}: validation accuracy {right:.3f}")
    keeper.after(epoch, right)
keeper.restore()
print(f"test accuracy of the best network {share_right(network, x[test], y[test]):.3f}")
