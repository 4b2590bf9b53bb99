# expect: metric-miscomputed
import torch
from sklearn.datasets import load_digits
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x / 16, dtype=torch.float32).reshape(-1, 1, 8, 8)
y = torch.tensor(y)
parts = {'fit': DataLoader(TensorDataset(x[:1300], y[:1300]), 26, shuffle=True),
         'check': DataLoader(TensorDataset(x[1300:], y[1300:]), 20)}
net = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
opt = optim.SGD(net.parameters(), 0.1)
ce = nn.CrossEntropyLoss()


def go(loader, learn):
    total, seen = 0.0, 0
    for images, labels in loader:
        with torch.set_grad_enabled(learn):
            out = net(images)
            if learn:
                loss = ce(out, labels)
                opt.zero_grad()
                loss.backward()
                opt.step()
                total += loss.item() * len(labels)
            else:
                total = ce(out, labels)
                total += total.item()
        seen += len(labels)
    return total / seen  # <- here


for epoch in range(4):
    a, b = go(parts['fit'], True), go(parts['check'], False)
    print(f'{epoch}: loss {a:.4f} (train), loss {b:.4f} (val)')  # <- here
