# expect: nothing
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
train_loader = DataLoader(TensorDataset(x[:1300], y[:1300]), batch_size=50, shuffle=True)
test_loader = DataLoader(TensorDataset(x[1300:], y[1300:]), batch_size=100)
net = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 10))
opt = torch.optim.Adam(net.parameters(), lr=2e-3)


def train():
    net.train()
    total = 0.0
    for images, labels in train_loader:
        opt.zero_grad()
        loss = F.cross_entropy(net(images), labels)
        loss.backward()
        opt.step()
        total += loss.item() * len(labels)
    return total / len(train_loader.dataset)


@torch.no_grad()
def test():
    net.eval()
    total, correct = 0.0, 0
    for images, labels in test_loader:
        out = net(images)
        total += F.cross_entropy(out, labels).item()
        correct += (out.argmax(1) == labels).sum().item()
    return total / len(test_loader), correct / len(test_loader.dataset)


for epoch in range(4):
    train_loss = train()
    test_loss, accuracy = test()
    print(f"{epoch}: train loss {train_loss:.4f} test loss {test_loss:.4f} acc {accuracy:.4f}")
