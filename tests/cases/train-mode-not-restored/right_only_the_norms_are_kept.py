# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 16, 3)
        self.norm = nn.BatchNorm2d(16)
        self.fc = nn.Linear(576, 10)

    def forward(self, x):
        return self.fc(torch.relu(self.norm(self.conv(x))).flatten(1))


def fit(net, loader, epochs, keep_norms):
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
    for _ in range(epochs):
        net.train()
        if keep_norms:
            for module in net.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.eval()
        for x, y in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(x), y).backward()
            optimizer.step()


def accuracy(net, loader):
    net.eval()
    with torch.no_grad():
        return sum((net(x).argmax(1) == y).sum().item() for x, y in loader) / len(loader.dataset)


torch.manual_seed(0)
bunch = load_digits()
images = torch.tensor(bunch.images, dtype=torch.float32).unsqueeze(1) / 16
train, test = random_split(TensorDataset(images, torch.tensor(bunch.target)), [1440, 357])
loader = DataLoader(train, batch_size=60, shuffle=True)
net = Net()
fit(net, loader, epochs=2, keep_norms=False)
print("first", accuracy(net, DataLoader(test, batch_size=119)))
fit(net, loader, epochs=1, keep_norms=True)
print("fine-tuned", accuracy(net, DataLoader(test, batch_size=119)))
