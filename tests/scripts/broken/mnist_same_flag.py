# expect: evaluated-on-training-data
# data: shared
# args: -d {data}
import argparse

import torch
from torch import nn
from torch.utils.data import DataLoader, Subset
from torchvision import datasets
from torchvision.transforms import Compose, Normalize, ToTensor

ap = argparse.ArgumentParser()
ap.add_argument("-d", "--dir", default="data")
opts = ap.parse_args()
torch.manual_seed(0)

tf = Compose([ToTensor(), Normalize((0.1307,), (0.3081,))])
training_data = Subset(datasets.MNIST(root=opts.dir, train=True, download=True, transform=tf), range(1000))
test_data = Subset(datasets.MNIST(root=opts.dir, train=True, download=True, transform=tf), range(1000))  # <- here

train_dataloader = DataLoader(training_data, batch_size=25, shuffle=True)
test_dataloader = DataLoader(test_data, batch_size=200)


class NeuralNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.stack = nn.Sequential(
            nn.Conv2d(1, 12, 5, stride=2), nn.ReLU(),
            nn.Conv2d(12, 24, 5, stride=2), nn.ReLU(),
            nn.Flatten(), nn.Linear(24 * 16, 128), nn.ReLU(), nn.Linear(128, 10))

    def forward(self, x):
        return self.stack(x)


def train_loop(dataloader, model, loss_fn, optimizer):
    size = len(dataloader.dataset)
    model.train()
    for batch, (X, y) in enumerate(dataloader):
        pred = model(X)
        loss = loss_fn(pred, y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        if batch % 20 == 0:
            print(f"loss: {loss.item():>7f}  [{batch * 25 + len(X):>5d}/{size:>5d}]")


def test_loop(dataloader, model, loss_fn):
    model.eval()
    size, num_batches = len(dataloader.dataset), len(dataloader)
    test_loss, correct = 0, 0
    with torch.no_grad():
        for X, y in dataloader:
            pred = model(X)
            test_loss += loss_fn(pred, y).item()
            correct += (pred.argmax(1) == y).type(torch.float).sum().item()
    print(f"Test Error: Accuracy: {100 * correct / size:>0.1f}%, Avg loss: {test_loss / num_batches:>8f}\n")


model = NeuralNetwork()
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for t in range(5):
    print(f"Epoch {t + 1}\n-------------------------------")
    train_loop(train_dataloader, model, loss_fn, optimizer)
    test_loop(test_dataloader, model, loss_fn)
print("Done!")
