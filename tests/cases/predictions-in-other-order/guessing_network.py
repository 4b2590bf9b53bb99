# expect: nothing
"""An untrained network and a trained one, both scored from two loops over a loader in order."""
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16).float(), torch.tensor(y)
train_dl = DataLoader(TensorDataset(x[:1300], y[:1300]), 40, shuffle=True)
test_dl = DataLoader(TensorDataset(x[1300:], y[1300:]), 40)


def accuracy(model):
    model.eval()
    with torch.no_grad():
        guesses = torch.cat([model(a).argmax(1) for a, _ in test_dl])
    return (guesses == torch.cat([b for _, b in test_dl])).float().mean().item()


model = nn.Sequential(nn.Linear(64, 40), nn.ReLU(), nn.Linear(40, 10))
print("accuracy before training", accuracy(model))
optimizer = torch.optim.Adam(model.parameters(), 4e-3)
for epoch in range(5):
    model.train()
    for a, b in train_dl:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(a), b).backward()
        optimizer.step()
    print(epoch, "accuracy", accuracy(model))
