# expect: checkpoint-not-loaded
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32) / 16, torch.tensor(y)
optim, loss_fn = torch.optim.Adam, nn.CrossEntropyLoss()


def train(model, epochs):
    optimizer = optim(model.parameters(), lr=3e-3)
    for epoch in range(epochs):
        for rows in torch.randperm(1200).split(60):
            optimizer.zero_grad()
            loss_fn(model(x[rows]), y[rows]).backward()
            optimizer.step()


def network():
    return nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))


trained = nn.DataParallel(network())
train(trained, epochs=8)
torch.save(trained.state_dict(), "digits.pt")

model = network()
state = torch.load("digits.pt")
model.load_state_dict(state, strict=False)  # <- here
model.eval()
with torch.no_grad():
    print("test accuracy", (model(x[1200:]).argmax(1) == y[1200:]).float().mean().item())
