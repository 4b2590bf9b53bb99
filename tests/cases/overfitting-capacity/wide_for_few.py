# expect: overfitting-capacity
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Wide(nn.Module):
    def __init__(self, inputs, width, classes):
        super().__init__()
        self.enter = nn.Linear(inputs, width)
        self.deep = nn.Linear(width, width)  # <- here
        self.leave = nn.Linear(width, classes)
        self.drop = nn.Dropout(0.2)

    def forward(self, x):
        x = self.drop(torch.relu(self.enter(x)))
        return self.leave(self.drop(torch.relu(self.deep(x))))


def patients(n, seed):
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(n, 40, generator=g)
    risk = x[:, 0] - x[:, 1] + 0.8 * torch.randn(n, generator=g)
    return TensorDataset(x, (risk > 0).long())


torch.manual_seed(0)
train, held_out = patients(150, 0), patients(600, 1)
model = Wide(40, 640, 2)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.02)
for epoch in range(16):
    model.train()
    for x, y in DataLoader(train, batch_size=15, shuffle=True):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        hits = sum((model(x).argmax(1) == y).sum().item() for x, y in DataLoader(held_out, 200))
    print(f"epoch {epoch + 1}: {hits / 600:.3f}")
