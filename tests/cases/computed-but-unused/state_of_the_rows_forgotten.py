# expect: computed-but-unused
import torch
from sklearn.datasets import load_digits
from torch import nn


class RowReader(nn.Module):
    """Reads a digit row by row, from the top to the bottom."""

    def __init__(self, width=8, size=48):
        super().__init__()
        self.look = nn.Sequential(nn.Linear(width, 24), nn.Tanh())
        self.memory = nn.GRU(24, size, batch_first=True)
        self.name = nn.Linear(size, 10)

    def forward(self, image):
        for row in image.unbind(1):
            seen, _ = self.memory(self.look(row).unsqueeze(1))  # <- here
        return self.name(seen[:, 0])


torch.manual_seed(0)
digits = load_digits()
x, y = torch.tensor(digits.images, dtype=torch.float32) / 16, torch.tensor(digits.target)
order = torch.randperm(len(x))
train, test = order[:1400], order[1400:]
net = RowReader()
optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
for epoch in range(8):
    net.train()
    for rows in train[torch.randperm(len(train))].split(50):
        loss = nn.functional.cross_entropy(net(x[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        right = (net(x[test]).argmax(1) == y[test]).float().mean()
    print(f"epoch {epoch}: loss {loss.item():.3f}, test accuracy {right:.3f}")
