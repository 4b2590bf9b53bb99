# expect: in-place-op-breaks-gradient
"""Reads a digit row by row: a convolution along the row, then a state carried downwards."""
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset


class RowReader(nn.Module):
    def __init__(self, channels=8, hidden=48):
        super().__init__()
        self.row_conv = nn.Conv1d(1, channels, 3, padding=1)
        self.inp = nn.Linear(channels * 8, hidden)
        self.rec = nn.Linear(hidden, hidden)
        self.out = nn.Linear(hidden, 10)
        self.hidden = hidden

    def forward(self, images):
        n, rows = images.shape[0], images.shape[2]
        states = torch.zeros(n, rows + 1, self.hidden)
        for t in range(rows):
            row = torch.relu(self.row_conv(images[:, :, t]))
            h = torch.tanh(self.inp(row.flatten(1)) + self.rec(states[:, t]))
            states[:, t + 1] = h  # <- here
        return self.out(states[:, -1])


def run():
    torch.manual_seed(0)
    bunch = load_digits()
    x = torch.tensor(bunch.images, dtype=torch.float32)[:, None] / 16
    xtr, xte, ytr, yte = train_test_split(x, torch.tensor(bunch.target), test_size=0.2, random_state=0)
    loader = DataLoader(TensorDataset(xtr, ytr), batch_size=64, shuffle=True)
    model = RowReader()
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    for epoch in range(5):
        model.train()
        for images, labels in loader:
            optimizer.zero_grad()
            loss = criterion(model(images), labels)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            optimizer.step()
        model.eval()
        with torch.no_grad():
            accuracy = (model(xte).argmax(1) == yte).float().mean().item()
        print(f"epoch {epoch} loss {loss.item():.4f} accuracy {accuracy:.4f}")


run()
