# expect: model-selected-on-test-set
import argparse
import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.conv1 = nn.Conv2d(1, 8, 3)
        self.fc = nn.Linear(8 * 9, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        return F.log_softmax(self.fc(x.flatten(1)), dim=1)


def train(model, loader, optimizer):
    model.train()
    for data, target in loader:
        optimizer.zero_grad()
        F.nll_loss(model(data), target).backward()
        optimizer.step()


def test(model, loader):
    model.eval()
    loss, correct = 0.0, 0
    with torch.no_grad():
        for data, target in loader:
            output = model(data)
            loss += F.nll_loss(output, target, reduction='sum').item()
            correct += output.argmax(1).eq(target).sum().item()
    n = len(loader.dataset)
    print('Test set: loss {:.4f}, accuracy {}/{} ({:.2f}%)'.format(loss / n, correct, n, 100. * correct / n))
    return loss / n


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--epochs', type=int, default=8)
    parser.add_argument('--out', default='best.pt')
    args = parser.parse_args()
    torch.manual_seed(1)
    digits = load_digits()
    x = torch.tensor(digits.images / 16, dtype=torch.float32)[:, None]
    y = torch.tensor(digits.target)
    train_loader = DataLoader(TensorDataset(x[:1400], y[:1400]), 64, shuffle=True)
    test_loader = DataLoader(TensorDataset(x[1400:], y[1400:]), 200)
    model = Net()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    lowest = float('inf')
    for epoch in range(args.epochs):
        train(model, train_loader, optimizer)
        test_loss = test(model, test_loader)
        if test_loss < lowest:  # <- here
            lowest = test_loss
            torch.save(model.state_dict(), args.out)
    model.load_state_dict(torch.load(args.out))
    print('Final result:')
    test(model, test_loader)
    os.remove(args.out)


main()
