# expect: nothing
# Blocks that add to a stream, with the norm in front of each: what a block ends in is linear, and
# the head reads the stream as it is. The labels are hard to tell, so it gets little right.
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.widen, self.back = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)

    def forward(self, x):
        return x + self.back(nn.functional.gelu(self.widen(self.norm(x))))


class Stream(nn.Module):
    def __init__(self, width=48, depth=3):
        super().__init__()
        self.embed = nn.Linear(64, width)
        self.blocks = nn.ModuleList(Block(width) for _ in range(depth))
        self.head = nn.Linear(width, 10)

    def forward(self, x):
        x = self.embed(x)
        for block in self.blocks:
            x = block(x)
        return self.head(x)


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x / 16, dtype=torch.float32)
x = x + 1.2 * torch.randn_like(x)
x_train, x_test, y_train, y_test = train_test_split(x, torch.tensor(y), random_state=0)
net = Stream()
optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)
for epoch in range(4):
    net.train()
    for batch in torch.randperm(len(x_train)).split(50):
        loss = nn.functional.cross_entropy(net(x_train[batch]), y_train[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        print("test accuracy", (net(x_test).argmax(1) == y_test).float().mean().item())
