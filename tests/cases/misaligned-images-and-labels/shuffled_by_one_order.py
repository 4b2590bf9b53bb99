# expect: nothing
# Both are shuffled, one after the other, from one and the same state of the generator.
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

x, y = load_digits(return_X_y=True)
state = np.random.RandomState(3).get_state()
np.random.set_state(state)
np.random.shuffle(x)
np.random.set_state(state)
np.random.shuffle(y)
x, y = torch.tensor(x, dtype=torch.float32).view(-1, 1, 8, 8) / 16, torch.tensor(y)
torch.manual_seed(0)
train, test = TensorDataset(x[:1400], y[:1400]), TensorDataset(x[1400:], y[1400:])
net = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
opt = torch.optim.Adam(net.parameters(), lr=0.005)
for epoch in range(5):
    net.train()
    for a, b in DataLoader(train, 50, shuffle=True):
        opt.zero_grad()
        nn.functional.cross_entropy(net(a), b).backward()
        opt.step()
net.eval()
with torch.no_grad():
    print("accuracy", sum((net(a).argmax(1) == b).sum().item() for a, b in DataLoader(test, 100)) / 397)
