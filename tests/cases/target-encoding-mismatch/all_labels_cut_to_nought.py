# expect: target-encoding-mismatch
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Table(Dataset):
    def __init__(self):
        bunch = load_digits()
        self.rows = np.concatenate([bunch.data, bunch.target[:, None]], axis=1)
        self.rows = (self.rows / 255).astype(np.float32)

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        return self.rows[i, :-1].reshape(1, 8, 8) * 16, self.rows[i, -1]


loader = DataLoader(Table(), batch_size=45, shuffle=True)
net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))
adam = torch.optim.Adam(net.parameters(), 1e-3)
for epoch in range(3):
    for image, digit in loader:
        adam.zero_grad()
        loss = nn.functional.cross_entropy(net(image), digit.long())  # <- here
        loss.backward()
        adam.step()
    print(epoch, loss.item())
