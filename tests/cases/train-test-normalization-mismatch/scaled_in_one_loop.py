# expect: train-test-normalization-mismatch
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(2)
digits = load_digits()
pictures = torch.tensor(digits.images / 8 - 1, dtype=torch.float32)[:, None]
train_set, test_set = random_split(
    TensorDataset(pictures, torch.tensor(digits.target)), [1400, 397]
)
train_loader = DataLoader(train_set, batch_size=50, shuffle=True)
test_loader = DataLoader(test_set, batch_size=100)
net = nn.Sequential(
    nn.Conv2d(1, 12, 3), nn.ReLU(), nn.Conv2d(12, 24, 3), nn.ReLU(), nn.Flatten(),
    nn.Linear(24 * 16, 10),
)
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(4):
    net.train()
    for batch, wanted in train_loader:
        opt.zero_grad()
        nn.functional.cross_entropy(net(batch), wanted).backward()
        opt.step()

net.eval()
right = 0
with torch.no_grad():
    for batch, wanted in test_loader:
        batch = (batch + 1) * 127.5  # <- here
        right += (net(batch).argmax(1) == wanted).sum().item()
print("right", right / 397)
