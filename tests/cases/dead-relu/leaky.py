# expect: nothing
# Negative from the start, but LeakyReLU lets the gradient through.
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
model = nn.Sequential(nn.Linear(64, 100), nn.LeakyReLU(0.2), nn.Linear(100, 10))
with torch.no_grad():
    model[0].bias.fill_(-2.0)
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for epoch in range(6):
    model.train()
    for rows in torch.randperm(1400).split(32):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print((model(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
