# expect: pixels-scrambled-by-reshape
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
x = nn.functional.interpolate(x, size=(16, 16), mode="bilinear")
x = x * (0.5 + torch.rand(len(x), 3, 1, 1)) + 0.05 * torch.randn(len(x), 3, 16, 16)  # in all colours
y = torch.tensor(digits.target)
order = torch.randperm(len(x))
x, y = x[order], y[order]


class Patches(nn.Module):
    def __init__(self, patch, dim):
        super().__init__()
        self.count = (16 // patch) ** 2
        self.project = nn.Linear(3 * patch * patch, dim)

    def forward(self, images):
        tokens = images.view(images.shape[0], self.count, -1)  # <- here
        return self.project(tokens)  # <- here


class Transformer(nn.Module):
    def __init__(self, dim=32):
        super().__init__()
        self.patches = Patches(4, dim)
        self.position = nn.Parameter(torch.randn(1, 16, dim) * 0.02)
        self.block = nn.TransformerEncoderLayer(dim, 4, 64, dropout=0.0, batch_first=True)
        self.head = nn.Linear(dim, 10)

    def forward(self, images):
        return self.head(self.block(self.patches(images) + self.position).mean(1))


net = Transformer()
optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3)
for epoch in range(3):
    net.train()
    for idx in torch.randperm(1300).split(50):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x[idx]), y[idx]).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        hits = (net(x[1300:]).argmax(1) == y[1300:]).sum().item()
    print(f"epoch {epoch}: accuracy {hits / len(y[1300:]):.3f}")
