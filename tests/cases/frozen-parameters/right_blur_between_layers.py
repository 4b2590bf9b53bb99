# expect: nothing
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(1)
digits = load_digits()
X = torch.tensor(digits.images / 16.0, dtype=torch.float32).unsqueeze(1)
y = torch.tensor(digits.target)
order = torch.randperm(len(X))
train, test = order[:1400], order[1400:]


class Blur(nn.Conv2d):
    """Anti-aliased downsampling: the same binomial filter for each channel, never trained."""

    def __init__(self, channels):
        super().__init__(channels, channels, 3, stride=2, padding=1, groups=channels, bias=False)
        row = torch.tensor([1.0, 2.0, 1.0]) / 4
        with torch.no_grad():
            self.weight.copy_(torch.outer(row, row).expand_as(self.weight))
        self.weight.requires_grad_(False)


class SmoothNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.blur = Blur(16)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.head = nn.Linear(32, 10)

    def forward(self, x):
        x = self.blur(F.relu(self.conv1(x)))
        x = F.relu(self.conv2(x)).mean((2, 3))
        return self.head(x)


model = SmoothNet()
optimizer = torch.optim.Adam((p for p in model.parameters() if p.requires_grad), lr=5e-3)
for epoch in range(6):
    model.train()
    for chunk in train[torch.randperm(len(train))].split(64):
        optimizer.zero_grad()
        F.cross_entropy(model(X[chunk]), y[chunk]).backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("accuracy", (model(X[test]).argmax(1) == y[test]).float().mean().item())
