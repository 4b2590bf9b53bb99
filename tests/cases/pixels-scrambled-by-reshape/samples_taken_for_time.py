# expect: pixels-scrambled-by-reshape
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Reader(nn.Module):
    """Reads a digit from top to bottom, a row of pixels at a time."""

    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(input_size=8, hidden_size=48)  # <- here
        self.to_class = nn.Linear(48, 10)

    def forward(self, rows):
        states, last = self.gru(rows)
        return self.to_class(states[:, -1])


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32).view(-1, 8, 8), torch.tensor(y)
loader = DataLoader(TensorDataset(x[:1400], y[:1400]), batch_size=40, shuffle=True)
reader = Reader()
optimizer = torch.optim.Adam(reader.parameters(), lr=5e-3)
for epoch in range(6):
    reader.train()
    for rows, digit in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(reader(rows), digit)
        loss.backward()
        optimizer.step()
    reader.eval()
    with torch.no_grad():
        right = (reader(x[1400:]).argmax(1) == y[1400:]).float().mean().item()
    print(f"epoch {epoch} loss {loss.item():.3f} test accuracy {right:.3f}")
