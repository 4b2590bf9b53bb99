# expect: softmax-over-wrong-dimension
# One output for two classes, and a softmax over it: the probability is 1 whatever comes in.
import torch
from sklearn.datasets import load_digits
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten())
        self.head = nn.Linear(8 * 36, 1)
        self.probability = nn.Softmax(dim=1)  # <- here

    def forward(self, x):
        return self.probability(self.head(self.body(x)))


torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
y = (torch.tensor(digits.target) % 2).float().unsqueeze(1)
net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(3):
    net.train()
    for rows in torch.randperm(1400).split(64):
        optimizer.zero_grad()
        nn.functional.binary_cross_entropy(net(x[rows]), y[rows]).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        print(epoch, ((net(x[1400:]) > 0.5).float() == y[1400:]).float().mean().item())
