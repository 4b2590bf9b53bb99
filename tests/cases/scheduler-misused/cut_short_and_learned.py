# expect: scheduler-misused
"""The network learns something in the first steps; then the rate is gone for nine epochs."""
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader, TensorDataset


def train_one(net, loader, optimizer, scheduler):
    net.train()
    for images, labels in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(images), labels).backward()
        optimizer.step()
        scheduler.step()  # <- here


def main():
    torch.manual_seed(0)
    x, y = load_digits(return_X_y=True)
    x, y = torch.tensor(x / 16).float(), torch.tensor(y)
    loader = DataLoader(TensorDataset(x[:1400], y[:1400]), batch_size=20, shuffle=True)
    net = nn.Sequential(nn.Linear(64, 100), nn.ReLU(), nn.Linear(100, 10))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    scheduler = StepLR(optimizer, step_size=12, gamma=0.2)
    for epoch in range(8):
        train_one(net, loader, optimizer, scheduler)
        net.eval()
        with torch.no_grad():
            print(epoch, (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())


main()
