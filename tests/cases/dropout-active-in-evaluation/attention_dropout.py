# expect: dropout-active-in-evaluation
import argparse

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

parser = argparse.ArgumentParser()
parser.add_argument("--dim", type=int, default=32)
parser.add_argument("--heads", type=int, default=4)
parser.add_argument("--attn-dropout", type=float, default=0.5)
parser.add_argument("--epochs", type=int, default=6)
args = parser.parse_args()
torch.manual_seed(3)


class Attention(nn.Module):
    def __init__(self, dim, heads, dropout):
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.qkv, self.proj = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)

    def forward(self, x):
        n, t, d = x.shape
        q, k, v = self.qkv(x).view(n, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, dropout_p=self.dropout)  # <- here
        return self.proj(y.transpose(1, 2).reshape(n, t, d))


class Rows(nn.Module):
    """Eight rows of a digit are eight tokens."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(8, args.dim)
        self.position = nn.Parameter(0.1 * torch.randn(8, args.dim))
        self.norm = nn.LayerNorm(args.dim)
        self.attention = Attention(args.dim, args.heads, args.attn_dropout)
        self.head = nn.Linear(8 * args.dim, 10)

    def forward(self, x):
        x = self.embed(x) + self.position
        x = x + self.attention(self.norm(x))
        return self.head(F.gelu(x).flatten(1))


digits = load_digits()
x = torch.tensor(digits.images, dtype=torch.float32) / 8 - 1
y = torch.tensor(digits.target)
train = DataLoader(TensorDataset(x[:1350], y[:1350]), 32, shuffle=True)
valid = DataLoader(TensorDataset(x[1350:], y[1350:]), 149)
model = Rows()
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
for epoch in range(args.epochs):
    model.train()
    for xb, yb in train:
        loss = F.cross_entropy(model(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        accuracy = torch.cat([model(xb).argmax(1) == yb for xb, yb in valid]).float().mean()
    print(epoch, f"{accuracy:.4f}")
