# expect: nothing
# Rows of numbers as in the files of CIFAR-10: channel by channel, so the reshape is right.
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
rng = np.random.default_rng(0)
digits = load_digits()
big = digits.images.repeat(2, 1).repeat(2, 2) / 16
tint = rng.uniform(0.2, 1, (len(big), 3, 1, 1))
rows = (255 * big[:, None] * tint).astype(np.uint8).reshape(len(big), -1)  # [N, 3 * 16 * 16]


def unpack(rows):
    return torch.from_numpy(np.array(rows).reshape(-1, 3, 16, 16)).float() / 255


train = TensorDataset(unpack(rows[:1300]), torch.tensor(digits.target[:1300]))
test = TensorDataset(unpack(rows[1300:]), torch.tensor(digits.target[1300:]))
net = nn.Sequential(
    nn.Conv2d(3, 16, 3, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 49, 10)
)
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(5):
    net.train()
    for x, y in DataLoader(train, batch_size=32, shuffle=True):
        opt.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        opt.step()
net.eval()
hits = 0
with torch.no_grad():
    for x, y in DataLoader(test, batch_size=256):
        hits += (net(x).argmax(1) == y).sum().item()
print("accuracy", hits / len(test))
