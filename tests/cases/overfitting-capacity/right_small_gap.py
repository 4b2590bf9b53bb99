# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
digits = load_digits()
data = TensorDataset(
    torch.tensor(digits.images / 16, dtype=torch.float32)[:, None], torch.tensor(digits.target)
)
train, test = random_split(data, [500, 1297])
net = nn.Sequential(
    nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.Flatten(),
    nn.Linear(32 * 64, 300), nn.ReLU(), nn.Dropout(0.3), nn.Linear(300, 10),
)
optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3)
for epoch in range(6):
    net.train()
    for x, y in DataLoader(train, batch_size=25, shuffle=True):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
net.eval()
with torch.no_grad():
    right = sum((net(x).argmax(1) == y).sum().item() for x, y in DataLoader(test, 250))
print("accuracy", right / len(test))
