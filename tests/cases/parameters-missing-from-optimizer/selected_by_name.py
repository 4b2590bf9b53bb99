# expect: parameters-missing-from-optimizer
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset, random_split


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3)
        self.conv2 = nn.Conv2d(8, 4, 3)
        self.fc1 = nn.Linear(64, 32)
        self.out = nn.Linear(32, 10)

    def forward(self, x):
        x = F.relu(self.conv2(F.relu(self.conv1(x)))).flatten(1)
        return self.out(F.relu(self.fc1(x)))


def build_optimizer(net):
    convs = [p for name, p in net.named_parameters() if name.startswith("conv")]
    dense = [p for name, p in net.named_parameters() if name.startswith("classifier.")]
    groups = [{"params": convs, "lr": 2e-3}, {"params": dense, "lr": 1e-2}]
    return optim.Adam([g for g in groups if g["params"]])  # <- here


torch.manual_seed(0)
bunch = load_digits()
images = torch.tensor(bunch.images, dtype=torch.float32).unsqueeze(1) / 16
train, test = random_split(TensorDataset(images, torch.tensor(bunch.target)), [1437, 360])
net = Net()
optimizer = build_optimizer(net)
for epoch in range(3):
    net.train()
    for x, y in DataLoader(train, batch_size=48, shuffle=True):
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        right = sum((net(x).argmax(1) == y).sum().item() for x, y in DataLoader(test, 120))
    print(epoch, right / len(test))
