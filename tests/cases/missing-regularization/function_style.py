# expect: missing-regularization
# also: overfitting-capacity
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split


class Tabular(nn.Module):
    def __init__(self, n_in, n_hidden, n_out):
        super().__init__()
        self.fc1 = nn.Linear(n_in, n_hidden)
        self.fc2 = nn.Linear(n_hidden, n_out)

    def forward(self, x):
        return self.fc2(F.relu(self.fc1(x)))


def train_one_epoch(net, x, y, optimizer, batch_size):
    net.train()
    correct = 0
    for idx in np.array_split(np.random.permutation(len(x)), len(x) // batch_size):
        out = net(x[idx])
        loss = F.cross_entropy(out, y[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        correct += (out.argmax(1) == y[idx]).sum().item()
    return correct / len(x)


@torch.no_grad()
def accuracy(net, x, y):
    net.eval()
    return (net(x).argmax(1) == y).float().mean().item()


if __name__ == '__main__':
    np.random.seed(0)
    torch.manual_seed(0)
    X, Y = make_classification(1000, 50, n_informative=6, n_redundant=0, n_classes=3,
                               n_clusters_per_class=2, class_sep=1.0, flip_y=0, random_state=1)
    parts = train_test_split(X.astype('float32'), Y, train_size=300, stratify=Y, random_state=1)
    x_train, x_val, y_train, y_val = map(torch.from_numpy, parts)
    net = Tabular(50, 100, 3)
    optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)  # <- here
    for epoch in range(40):
        acc = train_one_epoch(net, x_train, y_train, optimizer, 30)
        val = accuracy(net, x_val, y_val)
        if epoch % 5 == 4:
            print(f'{epoch + 1:3d}  train accuracy {acc:.3f}  validation accuracy {val:.3f}')
