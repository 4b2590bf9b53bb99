# expect: computed-but-unused
# also: flatten-size-mismatch
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F


class Encoder(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.one = nn.Conv2d(1, width, 3, padding=1)
        self.two = nn.Conv2d(width, width, 3, padding=1)
        self.shrink = nn.MaxPool2d(2)

    def forward(self, images):
        h = F.relu(self.one(images))
        h = self.shrink(h)
        h = F.relu(self.two(h))
        small = self.shrink(h)  # <- here
        return h.flatten(1)


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = Encoder(8)
        self.head = nn.Linear(8 * 2 * 2, 10)

    def forward(self, images):
        features = self.encoder(images)
        return self.head(features)


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16).float().view(-1, 1, 8, 8), torch.tensor(y)
model = Classifier()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(5):
    for batch in torch.randperm(1400).split(32):
        optimizer.zero_grad()
        F.cross_entropy(model(x[batch]), y[batch]).backward()
        optimizer.step()
with torch.no_grad():
    print((model(x[1400:]).argmax(1) == y[1400:]).float().mean())
