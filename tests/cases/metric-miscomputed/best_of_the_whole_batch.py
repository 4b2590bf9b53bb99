# expect: metric-miscomputed
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
images, labels = load_digits(return_X_y=True)
images = torch.tensor(images / 16, dtype=torch.float32)
model = nn.Sequential(nn.Linear(64, 80), nn.Tanh(), nn.Linear(80, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)


def learn(first, last):
    for start in range(first, last, 50):
        optimizer.zero_grad()
        target = torch.as_tensor(labels[start:start + 50])
        nn.functional.cross_entropy(model(images[start:start + 50]), target).backward()
        optimizer.step()


def accuracy(first, last):
    right = 0
    for start in range(first, last, 99):
        with torch.no_grad():
            _, guess = torch.max(model(images[start:start + 99]).flatten(), 0)
        right += torch.eq(guess, torch.as_tensor(labels[start:start + 99])).float().sum()
    return right.item() / (last - first)  # <- here


for epoch in range(6):
    model.train()
    learn(0, 1400)
    model.eval()
    print("epoch", epoch, "test accuracy", round(accuracy(1400, 1796), 4))
