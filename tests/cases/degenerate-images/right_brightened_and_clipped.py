# expect: nothing
# The same brightening with a clip before it goes back to 8 bits.
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
bunch = load_digits()


def brighten(picture, amount):
    return (picture.astype(int) + amount).clip(0, 255).astype(np.uint8)


stack = np.stack([brighten((p * 12).astype(np.uint8), 40) for p in bunch.images])
x = torch.from_numpy(stack).float().unsqueeze(1) / 255 - 0.4
y = torch.from_numpy(bunch.target)
rows = torch.randperm(len(y))
fit, check = rows[:1300], rows[1300:]


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 16, 3)
        self.norm = nn.BatchNorm2d(16)
        self.head = nn.Linear(16 * 36, 10)

    def forward(self, x):
        return self.head(torch.relu(self.norm(self.conv(x))).flatten(1))


net = Classifier()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(4):
    net.train()
    for batch in fit[torch.randperm(len(fit))].split(64):
        opt.zero_grad()
        nn.functional.cross_entropy(net(x[batch]), y[batch]).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        print(epoch, (net(x[check]).argmax(1) == y[check]).float().mean().item())
