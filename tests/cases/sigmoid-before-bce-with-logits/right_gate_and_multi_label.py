# expect: nothing
import torch
import torch.nn as nn
import torch.nn.functional as F


class Gated(nn.Module):
    """A sigmoid gate inside; raw scores come out. Several labels may be 1 at once."""

    def __init__(self):
        super().__init__()
        self.body = nn.Linear(10, 40)
        self.gate = nn.Linear(10, 40)
        self.head = nn.Linear(40, 4)

    def forward(self, x):
        return self.head(torch.relu(self.body(x)) * torch.sigmoid(self.gate(x)))


def main():
    torch.manual_seed(3)
    x = torch.randn(1200, 10)
    y = (x @ torch.randn(10, 4) + 0.3 > 0).float()
    model = Gated()
    opt = torch.optim.Adam(model.parameters(), lr=0.005)
    for epoch in range(6):
        model.train()
        for i in torch.randperm(1000).split(40):
            opt.zero_grad()
            F.binary_cross_entropy_with_logits(model(x[i]), y[i]).backward()
            opt.step()
    model.eval()
    with torch.no_grad():
        shown = torch.sigmoid(model(x[1000:]))
    print("share of right tags", ((shown > 0.5) == y[1000:].bool()).float().mean().item())


main()
