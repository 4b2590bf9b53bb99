# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn


class TinyViT(nn.Module):
    def __init__(self, width=48):
        super().__init__()
        self.patches = nn.Conv2d(1, width, kernel_size=8, stride=8)
        self.where = nn.Parameter(torch.zeros(1, 4, width))
        self.encoder = nn.TransformerEncoderLayer(width, 4, 96, dropout=0.0, batch_first=True)
        self.head = nn.Linear(width, 10)

    def forward(self, x):
        tokens = self.patches(x).flatten(2).transpose(1, 2)
        return self.head(self.encoder(tokens + self.where).mean(1))


torch.manual_seed(0)
data = load_digits()
x = torch.tensor(data.images / 16, dtype=torch.float32)[:, None].repeat(1, 1, 2, 2)
y = torch.tensor(data.target)
order = torch.randperm(len(y))
x, y = x[order], y[order]
model = TinyViT()
optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
for epoch in range(4):
    model.train()
    for i in range(0, 1400, 50):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x[i : i + 50]), y[i : i + 50]).backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("accuracy", (model(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
