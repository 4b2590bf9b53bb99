# expect: channel-count-mismatch
# Images as numpy and PIL hold them, [N, H, W, C].
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.fc = nn.Linear(288, 10)

    def forward(self, x):
        return self.fc(F.relu(self.conv(x)).flatten(1))


def train(net, loader, optimizer):
    net.train()
    for image, label in loader:
        optimizer.zero_grad()
        F.cross_entropy(net(image), label).backward()
        optimizer.step()


torch.manual_seed(0)
digits = load_digits()
colour = torch.tensor(digits.images / 16, dtype=torch.float32).unsqueeze(-1).repeat(1, 1, 1, 3)  # <- here
train_set, test_set = random_split(TensorDataset(colour, torch.tensor(digits.target)), [1400, 397])
net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=0.005)
for epoch in range(3):
    train(net, DataLoader(train_set, batch_size=64, shuffle=True), optimizer)
    net.eval()
    with torch.no_grad():
        hits = sum((net(x).argmax(1) == y).sum().item() for x, y in DataLoader(test_set, 128))
    print(epoch, hits / len(test_set))
