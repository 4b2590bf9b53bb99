# expect: batchnorm-on-tiny-batches
# also: batch-size-too-small
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

BATCH_SIZE = 2  # <- here
torch.manual_seed(0)


class Model(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        self.conv1 = nn.Conv2d(1, width, 3, stride=2, padding=1)
        self.conv2 = nn.Conv2d(width, 2 * width, 3, stride=2, padding=1)
        self.fc1 = nn.Linear(2 * width * 4, 64)
        self.bn1 = nn.BatchNorm1d(64)
        self.fc2 = nn.Linear(64, 32)
        self.bn2 = nn.BatchNorm1d(32)
        self.fc3 = nn.Linear(32, 10)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x)).flatten(1)
        x = F.relu(self.bn1(self.fc1(x)))
        x = F.relu(self.bn2(self.fc2(x)))
        return self.fc3(x)


data = load_digits()
ds = TensorDataset(torch.tensor(data.images, dtype=torch.float32)[:, None] / 16, torch.tensor(data.target))
train_ds, test_ds = random_split(ds, [1200, 597])
train_loader = DataLoader(train_ds, batch_size=BATCH_SIZE, shuffle=True)  # <- here
test_loader = DataLoader(test_ds, batch_size=200)

net = Model()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(2):
    net.train()
    running = 0.0
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        running += loss.item()
    net.eval()
    with torch.no_grad():
        n = sum((net(x).argmax(1) == y).sum().item() for x, y in test_loader)
    print(f"epoch {epoch} loss {running / len(train_loader):.4f} test accuracy {n / len(test_ds):.4f}")
