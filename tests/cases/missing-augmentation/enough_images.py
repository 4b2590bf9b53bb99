# expect: nothing
# No augmentation, all training images known by heart, and unseen ones too: nothing is missing.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
data = TensorDataset(torch.tensor(x, dtype=torch.float32).view(-1, 1, 8, 8) / 16, torch.tensor(y))
train, test = random_split(data, [1200, 597])
train_loader, test_loader = DataLoader(train, 50, shuffle=True), DataLoader(test, 199)
net = nn.Sequential(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Flatten(), nn.Linear(32 * 36, 10))
opt = torch.optim.Adam(net.parameters(), lr=0.005)
for epoch in range(8):
    net.train()
    for a, b in train_loader:
        opt.zero_grad()
        nn.functional.cross_entropy(net(a), b).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        print(epoch, sum((net(a).argmax(1) == b).sum().item() for a, b in test_loader) / 597)
