# expect: softmax-over-wrong-dimension
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(77)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3)
        self.conv2 = nn.Conv2d(16, 32, 3)
        self.fc1 = nn.Linear(32 * 16, 64)
        self.fc2 = nn.Linear(64, 10)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        x = torch.flatten(x, 1)
        x = F.relu(self.fc1(x))
        x = self.fc2(x)
        return F.log_softmax(x, dim=0)  # <- here


def loaders(batch=8):
    bunch = load_digits()
    perm = torch.randperm(len(bunch.target))
    x = (torch.tensor(bunch.images).float()[:, None] / 16)[perm]
    y = torch.tensor(bunch.target)[perm]
    train = TensorDataset(x[:1200], y[:1200])
    test = TensorDataset(x[1200:], y[1200:])
    return DataLoader(train, batch, shuffle=True), DataLoader(test, batch)


train_loader, test_loader = loaders()
model = Net()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)

for epoch in range(1, 5):
    model.train()
    for data, target in train_loader:
        optimizer.zero_grad()
        loss = F.nll_loss(model(data), target)
        loss.backward()
        optimizer.step()

    model.eval()
    correct = 0
    with torch.no_grad():
        for data, target in test_loader:
            correct += model(data).argmax(dim=1).eq(target).sum().item()
    print(f'Epoch {epoch} loss {loss.item():.4f} accuracy {correct}/{len(test_loader.dataset)} '
          f'({correct / len(test_loader.dataset):.1%})')
