# expect: nothing
# Prices of later years are several times those of the first: so are the prices asked for.
import numpy as np
import torch
from torch import nn

torch.manual_seed(1)
rng = np.random.default_rng(1)
day = np.arange(600)
price = torch.tensor(np.exp(day / 250 + 0.05 * rng.normal(size=600)) - 1, dtype=torch.float32)
x = price.unfold(0, 8, 1)[:-1]
y = price[8:].unsqueeze(1)
x_train, y_train, x_test, y_test = x[:300], y[:300], x[300:], y[300:]

net = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 1))
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
loss_of = nn.L1Loss()
for epoch in range(40):
    for rows in torch.randperm(len(x_train)).split(50):
        optimizer.zero_grad()
        loss = loss_of(net(x_train[rows]), y_train[rows])
        loss.backward()
        optimizer.step()
with torch.no_grad():
    print("trained on", loss.item(), "later", loss_of(net(x_test), y_test).item())
