# expect: unsuitable-optimizer
import torch
import torch.nn as nn
from sklearn.datasets import load_digits

x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16).float(), torch.tensor(y)
model = nn.Linear(64, 10)
optimizer = torch.optim.LBFGS(model.parameters(), lr=1)
for epoch in range(20):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()  # <- here
    print(epoch, loss.item())
