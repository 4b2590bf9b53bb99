# expect: softmax-before-cross-entropy
import torch
from sklearn.datasets import load_digits
from torch import nn


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 10))

    def forward(self, x):
        scores = self.body(x)
        if self.training:
            return scores
        return scores.softmax(dim=1)  # <- here


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32) / 16, torch.tensor(y)
reader = Reader()
optimizer = torch.optim.Adam(reader.parameters(), lr=3e-3)
criterion = nn.CrossEntropyLoss()


def loss_on(rows):
    return criterion(reader(x[rows]), y[rows])


for epoch in range(8):
    reader.train()
    for rows in torch.randperm(1400).split(50):
        optimizer.zero_grad()
        loss = loss_on(rows)
        loss.backward()
        optimizer.step()
    reader.eval()
    with torch.no_grad():
        print(epoch, "train", loss.item(), "validation", loss_on(torch.arange(1400, 1797)).item())
