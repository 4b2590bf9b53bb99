# expect: frozen-batchnorm-drifts
# also: no-held-out-evaluation
import torch
import torch.nn as nn
from sklearn.datasets import load_digits


class Batches:
    """Pairs in a new order each time."""

    def __init__(self, x, y, size):
        self.x, self.y, self.size = x, y, size

    def __iter__(self):
        for i in torch.randperm(len(self.x)).split(self.size):
            yield self.x[i], self.y[i]


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.bn1 = nn.Linear(64, 100), nn.BatchNorm1d(100)
        self.fc2, self.bn2 = nn.Linear(100, 60), nn.BatchNorm1d(60)

    def forward(self, x):
        x = torch.relu(self.bn1(self.fc1(x)))
        return torch.relu(self.bn2(self.fc2(x)))


class MultiHead(nn.Module):
    def __init__(self, outputs):
        super().__init__()
        self.encoder = Encoder()
        self.heads = nn.ModuleDict({k: nn.Linear(60, n) for k, n in outputs.items()})

    def forward(self, x, head):
        return self.heads[head](self.encoder(x))


class Learner:
    def __init__(self, model):
        self.model, self.loss_fn = model, nn.CrossEntropyLoss()

    def learn(self, loader, head, epochs):
        params = filter(lambda p: p.requires_grad, self.model.parameters())
        optim = torch.optim.SGD(params, lr=0.05, momentum=0.9)
        self.model.train()  # <- here
        for _ in range(epochs):
            for x, y in loader:
                optim.zero_grad()
                self.loss_fn(self.model(x, head), y).backward()
                optim.step()

    @torch.no_grad()
    def test(self, loader, head):
        self.model.eval()
        hit = [(self.model(x, head).argmax(-1) == y).float().mean() for x, y in loader]
        return torch.stack(hit).mean().item()


torch.manual_seed(11)
X, Y = load_digits(return_X_y=True)
X, Y = torch.tensor(X / 16).float(), torch.tensor(Y)
fit, held = slice(0, 1200), slice(1200, 1700)
dark = Batches(X[fit], Y[fit], 60)
dark_test = Batches(X[held], Y[held], 100)
noisy = (X * 0.3 + 0.7 * torch.rand(64)).clamp(0, 1)
other = Batches(noisy[fit], (Y[fit] + 3) % 10, 60)
other_test = Batches(noisy[held], (Y[held] + 3) % 10, 100)

learner = Learner(MultiHead({'digit': 10, 'noisy': 10}))
learner.learn(dark, 'digit', 5)
print('digits', learner.test(dark_test, 'digit'))
for p in learner.model.encoder.parameters():
    p.requires_grad = False
for p in learner.model.heads['digit'].parameters():
    p.requires_grad = False
learner.learn(other, 'noisy', 5)
print('noisy', learner.test(other_test, 'noisy'))
print('digits, after the second task', learner.test(dark_test, 'digit'))
