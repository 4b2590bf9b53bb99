# expect: nothing
# Both views in one batch; of all others the one that belongs to a sample stands first.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32).flatten(1) / 16
loader = DataLoader(
    list(zip(images, digits.target, strict=True)), batch_size=32, shuffle=True, drop_last=True
)


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(64, 96), nn.BatchNorm1d(96), nn.ReLU())
        self.head = nn.Linear(96, 24)

    def forward(self, x):
        return nn.functional.normalize(self.head(self.body(x)))


def contrast(z):
    n = len(z) // 2
    alike = (z @ z.T / 0.3)[~torch.eye(2 * n, dtype=torch.bool)].view(2 * n, -1)
    pair = torch.cat([torch.arange(n, 2 * n) - 1, torch.arange(n)])
    others = torch.ones_like(alike, dtype=torch.bool).scatter(1, pair[:, None], False)
    logits = torch.cat([alike.gather(1, pair[:, None]), alike[others].view(2 * n, -1)], 1)
    return nn.functional.cross_entropy(logits, torch.zeros(2 * n, dtype=torch.long))


model = Encoder()
optimizer = torch.optim.AdamW(model.parameters(), lr=0.003)
for epoch in range(3):
    for x, _ in loader:
        both = torch.cat([x + 0.2 * torch.randn_like(x), x + 0.2 * torch.randn_like(x)])
        loss = contrast(model(both))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
