# expect: train-test-normalization-mismatch
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(3)
bunch = load_digits()
order = torch.randperm(1797)
images = torch.tensor(bunch.images, dtype=torch.float32)[order]
labels = torch.tensor(bunch.target)[order]

x_train, y_train = images[:1300].flatten(1) / 16 - 0.3, labels[:1300]
x_test, y_test = images[1300:].flatten(1), labels[1300:]  # <- here

net = torch.nn.Sequential(
    torch.nn.Linear(64, 80), torch.nn.BatchNorm1d(80), torch.nn.Tanh(),
    torch.nn.Linear(80, 40), torch.nn.Tanh(), torch.nn.Linear(40, 10),
)
opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)


def fit(epochs):
    for _ in range(epochs):
        net.train()
        for start in torch.randperm(26):
            part = slice(50 * start, 50 * start + 50)
            opt.zero_grad()
            F.cross_entropy(net(x_train[part]), y_train[part]).backward()
            opt.step()


@torch.no_grad()
def accuracy(x, y):
    net.eval()
    return (net(x).argmax(1) == y).float().mean().item()


fit(8)
print("train accuracy", accuracy(x_train, y_train))
print("test accuracy", accuracy(x_test, y_test))
