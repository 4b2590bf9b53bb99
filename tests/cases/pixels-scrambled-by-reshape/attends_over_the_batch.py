# expect: pixels-scrambled-by-reshape
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class RowsTransformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.lift = nn.Linear(8, 32)
        self.place = nn.Parameter(torch.zeros(1, 8, 32))
        layer = nn.TransformerEncoderLayer(32, 2, 64, dropout=0.0)  # <- here
        self.encoder = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
        self.head = nn.Linear(32, 10)

    def forward(self, rows):
        tokens = self.encoder(self.lift(rows) + self.place)  # <- here
        return self.head(tokens[:, -1])


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32).view(-1, 8, 8), torch.tensor(y)
loader = DataLoader(TensorDataset(x[:1200], y[:1200]), batch_size=50, shuffle=True)
net = RowsTransformer()
adam = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(4):
    net.train()
    for rows, digit in loader:
        adam.zero_grad()
        nn.functional.cross_entropy(net(rows), digit).backward()
        adam.step()
    net.eval()
    with torch.no_grad():
        print(epoch, (net(x[1200:]).argmax(1) == y[1200:]).float().mean().item())
