# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 12, 3)
        self.fc = nn.Linear(108, 10)

    def forward(self, x):
        blur = nn.Conv2d(1, 1, 3, padding=1, bias=False).requires_grad_(False)
        blur.weight.fill_(1 / 9)
        x = nn.ReLU()(self.conv(x + blur(x)))
        x = nn.Flatten()(nn.MaxPool2d(2)(x))
        return nn.LogSoftmax(dim=1)(self.fc(x))


torch.manual_seed(0)
bunch = load_digits()
images = torch.tensor(bunch.images, dtype=torch.float32).unsqueeze(1) / 16
train, test = random_split(TensorDataset(images, torch.tensor(bunch.target)), [1437, 360])
net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
for epoch in range(4):
    net.train()
    for x, y in DataLoader(train, batch_size=48, shuffle=True):
        optimizer.zero_grad()
        nn.functional.nll_loss(net(x), y).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        right = sum((net(x).argmax(1) == y).sum().item() for x, y in DataLoader(test, 120))
    print(epoch, right / len(test))
