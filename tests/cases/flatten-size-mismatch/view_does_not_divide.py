# expect: flatten-size-mismatch
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, random_split


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 16, 3)
        self.fc = nn.Linear(16 * 5 * 5, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv(x)), 2)
        x = x.view(-1, 16 * 5 * 5)  # <- here
        return self.fc(x)


torch.manual_seed(0)
digits = load_digits()
data = TensorDataset(
    torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16, torch.tensor(digits.target)
)
train_set, test_set = random_split(data, [1400, 397])
net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=0.003)
for epoch in range(3):
    net.train()
    for x, y in DataLoader(train_set, batch_size=64, shuffle=True):
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        hits = sum((net(x).argmax(1) == y).sum().item() for x, y in DataLoader(test_set, 128))
    print(epoch, hits / len(test_set))
