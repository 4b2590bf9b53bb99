# expect: nothing
# Weights changed in place under no_grad, between steps: weight clipping and an average of weights.
import copy

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x / 16, dtype=torch.float32).view(-1, 1, 8, 8)
x_train, x_test, y_train, y_test = train_test_split(x, torch.tensor(y), random_state=0)
net = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
mean = copy.deepcopy(net)
optimizer = torch.optim.Adam(net.parameters(), lr=0.005)
for epoch in range(5):
    net.train()
    for rows in torch.randperm(len(x_train)).split(64):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x_train[rows]), y_train[rows]).backward()
        optimizer.step()
        with torch.no_grad():
            for slow, fast in zip(mean.parameters(), net.parameters()):
                fast.clamp_(-1, 1)
                slow.lerp_(fast, 0.1)
    mean.eval()
    with torch.no_grad():
        print(epoch, (mean(x_test).argmax(1) == y_test).float().mean().item())
