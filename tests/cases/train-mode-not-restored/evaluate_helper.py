# expect: train-mode-not-restored
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, random_split


class Net(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        self.layers = nn.ModuleList()
        for inputs in (1, width, width, width, width):
            self.layers.append(nn.Conv2d(inputs, width, 3, padding=1, bias=False))
            self.layers.append(nn.BatchNorm2d(width, momentum=0.01))
        self.dropout = nn.Dropout(0.2)
        self.fc = nn.Linear(width, 10)

    def forward(self, x):
        for conv, norm in zip(self.layers[::2], self.layers[1::2]):
            x = F.relu(norm(conv(x)))
        return self.fc(self.dropout(x.amax(dim=(2, 3))))


@torch.no_grad()
def evaluate(net, loader):
    net.eval()  # <- here
    return sum((net(x).argmax(1) == y).sum().item() for x, y in loader) / len(loader.dataset)


def train_epoch(net, loader, optimizer):
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        optimizer.step()


if __name__ == "__main__":
    torch.manual_seed(0)
    bunch = load_digits()
    images = torch.tensor(bunch.images, dtype=torch.float32).unsqueeze(1) / 16
    train, test = random_split(TensorDataset(images, torch.tensor(bunch.target)), [1440, 357])
    net = Net()
    net.train()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    best = evaluate(net, DataLoader(test, batch_size=119))
    for epoch in range(3):
        train_epoch(net, DataLoader(train, batch_size=60, shuffle=True), optimizer)
        best = max(best, evaluate(net, DataLoader(test, batch_size=119)))
        print(epoch, best)
