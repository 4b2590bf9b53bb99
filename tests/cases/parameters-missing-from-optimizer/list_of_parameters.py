# expect: parameters-missing-from-optimizer
"""Parameters in a plain list of a module: it does not know them."""

import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(6)
images, labels = load_digits(return_X_y=True)
images, labels = torch.tensor(images).float() / 16, torch.tensor(labels)


class Mixed(nn.Module):
    def __init__(self, parts=3):
        super().__init__()
        self.bases = [nn.Parameter(torch.randn(64, 8) * 2) for _ in range(parts)]  # <- here
        self.head = nn.Linear(8 * parts, 10)

    def forward(self, pixels):
        return self.head(torch.cat([torch.tanh(pixels @ base) for base in self.bases], dim=1))


network = Mixed()
optim = torch.optim.Adam(network.parameters(), lr=5e-3)
for epoch in range(4):
    for chosen in torch.randperm(1400).split(70):
        optim.zero_grad()
        nn.functional.cross_entropy(network(images[chosen]), labels[chosen]).backward()
        optim.step()
with torch.no_grad():
    right = (network(images[1400:]).argmax(1) == labels[1400:]).float().mean()
print(f"test accuracy {right:.3f}")
