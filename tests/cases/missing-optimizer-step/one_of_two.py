# expect: missing-optimizer-step
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3)
        self.conv2 = nn.Conv2d(8, 8, 3)
        self.head = nn.Linear(8, 10)

    def forward(self, x):
        x = torch.relu(self.conv1(x))
        x = torch.relu(self.conv2(x))
        return self.head(x.amax(dim=(2, 3)))


torch.manual_seed(0)
bunch = load_digits()
images = torch.tensor(bunch.images, dtype=torch.float32).unsqueeze(1) / 16
train, test = random_split(TensorDataset(images, torch.tensor(bunch.target)), [1500, 297])
net = Net()
body = [*net.conv1.parameters(), *net.conv2.parameters()]
conv_opt = torch.optim.Adam(body, lr=3e-3)  # <- here
head_opt = torch.optim.SGD(net.head.parameters(), lr=0.1, momentum=0.9)
for epoch in range(4):
    net.train()
    for x, y in DataLoader(train, batch_size=50, shuffle=True):
        conv_opt.zero_grad()
        head_opt.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        head_opt.step()
    net.eval()
    with torch.no_grad():
        right = sum((net(x).argmax(1) == y).sum().item() for x, y in DataLoader(test, 99))
    print(epoch, loss.item(), right / len(test))
