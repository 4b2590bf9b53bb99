# expect: nll-without-log-softmax
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, random_split


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 10, kernel_size=3)
        self.fc = nn.Linear(360, 10)

    def forward(self, x):
        x = F.relu(self.conv(x))
        x = x.view(x.size(0), -1)
        return F.softmax(self.fc(x), dim=1)  # <- here


def train(model, loader, optimizer):
    model.train()
    for data, target in loader:
        optimizer.zero_grad()
        loss = F.nll_loss(model(data), target)
        loss.backward()
        optimizer.step()


def test(model, loader):
    model.eval()
    correct = 0
    with torch.no_grad():
        for data, target in loader:
            correct += model(data).argmax(dim=1).eq(target).sum().item()
    print("Accuracy: {}/{}".format(correct, len(loader.dataset)))


torch.manual_seed(1)
x, y = load_digits(return_X_y=True)
data = TensorDataset(torch.tensor(x / 16, dtype=torch.float32).view(-1, 1, 8, 8), torch.tensor(y))
train_set, test_set = random_split(data, [1500, 297])
model = Net()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
for epoch in range(3):
    train(model, DataLoader(train_set, batch_size=64, shuffle=True), optimizer)
    test(model, DataLoader(test_set, batch_size=100))
