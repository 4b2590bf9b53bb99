# expect: sampler-misused
import torch
from sklearn.datasets import load_digits
from torch import nn


def learn(model, pairs, optimizer, criterion):
    model.train()
    for pictures, names in pairs:
        optimizer.zero_grad()
        loss = criterion(model(pictures), names)
        loss.backward()
        optimizer.step()


def check(model, pictures, names):
    model.eval()
    with torch.no_grad():
        return (model(pictures).argmax(1) == names).float().mean().item()


def main():
    torch.manual_seed(0)
    digits = load_digits()
    x = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 8 - 1
    y = torch.tensor(digits.target)
    mixed = torch.randperm(len(x))
    x, y = x[mixed], y[mixed]
    model = nn.Sequential(nn.Conv2d(1, 12, 3), nn.ReLU(), nn.Flatten(), nn.Linear(432, 32), nn.ReLU(), nn.Linear(32, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
    pairs = zip(x[:1400].split(40), y[:1400].split(40))  # <- here
    for epoch in range(12):
        learn(model, pairs, optimizer, nn.CrossEntropyLoss())
        print(f"after epoch {epoch}: {check(model, x[1400:], y[1400:]):.3f} of the test images right")


main()
