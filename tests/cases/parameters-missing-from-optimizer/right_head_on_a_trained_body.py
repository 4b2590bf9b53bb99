# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x).float().view(-1, 1, 8, 8) / 16, torch.tensor(y)
order = torch.randperm(len(x))
train, test = order[:1400], order[1400:]


def fit(model, parameters, targets, epochs):
    optimizer = torch.optim.Adam(parameters, lr=5e-3)
    model.train()
    for _ in range(epochs):
        for rows in train[torch.randperm(len(train))].split(50):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x[rows]), targets[rows]).backward()
            optimizer.step()


body = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten())
first = nn.Sequential(body, nn.Linear(576, 10))
fit(first, first.parameters(), y, epochs=3)

second = nn.Sequential(body, nn.Linear(576, 2))  # odd or even, on the same features
fit(second, second[1].parameters(), y % 2, epochs=2)
second.eval()
with torch.no_grad():
    print("odd or even", (second(x[test]).argmax(1) == y[test] % 2).float().mean().item())
