# expect: nll-without-log-softmax
from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedShuffleSplit
import torch
import torch.nn as nn


class Head(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.fc = nn.Linear(n_in, n_out)
        self.act = nn.Softmax(dim=-1)  # <- here

    def forward(self, x):
        return self.act(self.fc(x))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 2), nn.ReLU(), nn.Flatten(),
        )
        self.head = Head(64, 10)

    def forward(self, x):
        return self.head(self.trunk(x))


torch.manual_seed(2)
X, y = load_digits(return_X_y=True)
X = torch.tensor(X, dtype=torch.float).reshape(-1, 1, 8, 8).div_(16)
y = torch.tensor(y)
tr, te = next(StratifiedShuffleSplit(1, test_size=0.2, random_state=2).split(X, y))

net = Net()
crit = nn.NLLLoss()
opt = torch.optim.SGD(net.parameters(), lr=0.03, momentum=0.9)
for epoch in range(12):
    net.train()
    running_loss = 0
    perm = tr[torch.randperm(len(tr)).numpy()]
    n_batches = 0
    for s in range(0, len(perm), 48):
        ids = perm[s:s + 48]
        opt.zero_grad()
        probs = net(X[ids])
        loss = crit(probs, y[ids])  # <- here
        loss.backward()
        opt.step()
        running_loss += loss.item()
        n_batches += 1
    net.eval()
    with torch.no_grad():
        acc = (net(X[te]).argmax(1) == y[te]).float().mean()
    print(f'{epoch:>3} loss {running_loss / n_batches:+.4f} test acc {acc:.4f}')
