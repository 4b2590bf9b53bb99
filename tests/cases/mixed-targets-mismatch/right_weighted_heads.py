# expect: nothing
# Two heads, whose losses weigh differently; both mix their labels as the images are mixed.
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16
digit = torch.tensor(digits.target)
order = torch.randperm(len(images))
sets = TensorDataset(images[order], digit[order] % 3, digit[order])
train_set = torch.utils.data.Subset(sets, range(1400))
test_set = torch.utils.data.Subset(sets, range(1400, 1797))


class TwoHeads(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 24, 3), nn.ReLU(), nn.Flatten())
        self.rest, self.digit = nn.Linear(864, 3), nn.Linear(864, 10)

    def forward(self, x):
        features = self.body(x)
        return self.rest(features), self.digit(features)


net, loss_of = TwoHeads(), nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(5):
    for pictures, rest, kind in DataLoader(train_set, 50, shuffle=True):
        share = float(torch.distributions.Beta(1.0, 1.0).sample())
        other = torch.randperm(len(pictures))
        rests, kinds = net(share * pictures + (1 - share) * pictures[other])
        loss = 2 * (share * loss_of(kinds, kind) + (1 - share) * loss_of(kinds, kind[other]))
        loss = loss + share * loss_of(rests, rest) + (1 - share) * loss_of(rests, rest[other])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        hits = sum((net(x)[1].argmax(1) == k).sum().item() for x, _, k in DataLoader(test_set, 100))
    print(f"epoch {epoch}: loss {loss.item():.3f}, digits right {hits / 397:.3f}")
