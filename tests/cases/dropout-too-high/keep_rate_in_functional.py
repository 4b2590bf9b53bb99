# expect: dropout-too-high
import argparse

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn, optim

parser = argparse.ArgumentParser()
parser.add_argument('--drop', type=float, default=0.85)
parser.add_argument('--hidden', type=int, default=48)
parser.add_argument('--epochs', type=int, default=6)
opt = parser.parse_args()


class MLP(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.l1 = nn.Linear(64, hidden)
        self.l2 = nn.Linear(hidden, hidden)
        self.l3 = nn.Linear(hidden, 10)

    def forward(self, x):
        x = F.relu(self.l1(x))
        x = F.dropout(x, p=opt.drop, training=self.training)  # <- here
        x = F.relu(self.l2(x))
        x = F.dropout(x, p=opt.drop, training=self.training)  # <- here
        return self.l3(x)


def main():
    torch.manual_seed(0)
    inputs, targets = load_digits(return_X_y=True)
    inputs, targets = torch.tensor(inputs / 16).float(), torch.tensor(targets)
    model = MLP(opt.hidden)
    optimizer = optim.Adam(model.parameters(), lr=2e-3)
    for epoch in range(opt.epochs):
        model.train()
        for i in torch.randperm(1400).split(32):
            optimizer.zero_grad()
            loss = F.cross_entropy(model(inputs[i]), targets[i])
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            right = (model(inputs[1400:]).argmax(1) == targets[1400:]).sum().item()
        print('epoch', epoch, 'test accuracy', right / 397)


main()
