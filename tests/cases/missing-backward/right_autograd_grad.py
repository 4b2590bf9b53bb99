# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x).float() / 16, torch.tensor(y)
order = torch.randperm(len(x))
train, test = order[:1440], order[1440:]
model = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 10))
weights = list(model.parameters())
optimizer = torch.optim.Adam(weights, lr=0.005)
for epoch in range(6):
    for rows in train[torch.randperm(len(train))].split(48):
        loss = nn.functional.cross_entropy(model(x[rows]), y[rows])
        for weight, gradient in zip(weights, torch.autograd.grad(loss, weights)):
            weight.grad = gradient
        optimizer.step()
model.eval()
with torch.no_grad():
    print("test accuracy", (model(x[test]).argmax(1) == y[test]).float().mean().item())
