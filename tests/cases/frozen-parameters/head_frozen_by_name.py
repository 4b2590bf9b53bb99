# expect: frozen-parameters
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)
        self.fc1 = nn.Linear(144, 8)
        self.fc2 = nn.Linear(8, 10)

    def forward(self, x):
        x = torch.tanh(self.conv(x)).flatten(1)
        return self.fc2(torch.tanh(self.fc1(x)))


torch.manual_seed(0)
bunch = load_digits()
images = torch.tensor(bunch.images, dtype=torch.float32).unsqueeze(1) / 16
train, test = random_split(TensorDataset(images, torch.tensor(bunch.target)), [1437, 360])
net = Net()
for name, p in net.named_parameters():
    if name.startswith("fc"):
        p.requires_grad = False  # <- here
optimizer = torch.optim.SGD([p for p in net.parameters() if p.requires_grad], lr=0.05)
for epoch in range(3):
    net.train()
    for x, y in DataLoader(train, batch_size=48, shuffle=True):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        right = sum((net(x).argmax(1) == y).sum().item() for x, y in DataLoader(test, 120))
    print(epoch, right / len(test))
