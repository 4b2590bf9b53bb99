# expect: parameters-missing-from-optimizer
import torch
import torch.nn as nn
from sklearn.datasets import load_digits

torch.manual_seed(0)


def make_cnn(width):
    return nn.Sequential(nn.Conv2d(1, width, 3), nn.ReLU(), nn.Flatten(), nn.Linear(36 * width, 10))


model_small, model_big = make_cnn(4), make_cnn(16)
optimizer_small = torch.optim.Adam(model_small.parameters(), lr=1e-3)
optimizer_big = torch.optim.Adam(model_small.parameters(), lr=1e-3)  # <- here
d = load_digits()
X, Y = torch.tensor(d.images).float()[:, None] / 16, torch.tensor(d.target)


def train(model, optimizer, name):
    for e in range(4):
        model.train()
        for b in torch.randperm(1400).split(50):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(X[b]), Y[b])
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            print(name, e, loss.item(), (model(X[1400:]).argmax(1) == Y[1400:]).float().mean().item())


train(model_small, optimizer_small, 'small')
train(model_big, optimizer_big, 'big')
