# expect: missing-optimizer-step
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.optim.lr_scheduler import CosineAnnealingLR
from torch.utils.data import DataLoader, TensorDataset


def get_data(batch_size):
    x, y = load_digits(return_X_y=True)
    x = torch.tensor(x, dtype=torch.float32).reshape(-1, 1, 8, 8)
    x = (x - x.mean()) / x.std()
    y = torch.tensor(y, dtype=torch.int64)
    perm = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
    tr, te = perm[:1400], perm[1400:]
    return (DataLoader(TensorDataset(x[tr], y[tr]), batch_size, shuffle=True),
            DataLoader(TensorDataset(x[te], y[te]), batch_size))


class WideNet(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.conv1 = nn.Conv2d(1, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)
        self.head = nn.Linear(width, 10)

    def forward(self, x):
        x = torch.relu(self.conv1(x))
        x = torch.relu(self.conv2(x))
        return self.head(x.amax(dim=(2, 3)))


torch.manual_seed(0)
train_loader, test_loader = get_data(64)
net = WideNet()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, nesterov=True)
scheduler = CosineAnnealingLR(optimizer, T_max=6 * len(train_loader))

for epoch in range(6):
    net.train()
    for inputs, targets in train_loader:
        optimizer.zero_grad()
        loss = criterion(net(inputs), targets)
        loss.backward()  # <- here
        scheduler.step()  # <- here
    net.eval()
    hits = 0
    with torch.no_grad():
        for inputs, targets in test_loader:
            hits += (net(inputs).argmax(1) == targets).sum().item()
    print(f'epoch {epoch} lr {scheduler.get_last_lr()[0]:.4f} loss {loss.item():.3f} '
          f'test {hits / len(test_loader.dataset):.3f}')
