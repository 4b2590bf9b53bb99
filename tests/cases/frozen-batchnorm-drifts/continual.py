# expect: frozen-batchnorm-drifts
# also: no-held-out-evaluation
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset


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
dark = DataLoader(TensorDataset(X[fit], Y[fit]), 60, shuffle=True)
dark_test = DataLoader(TensorDataset(X[held], Y[held]), 100)
noisy = (X * 0.3 + 0.7 * torch.rand(64)).clamp(0, 1)
other = DataLoader(TensorDataset(noisy[fit], Y[fit] % 2), 60, shuffle=True)
other_test = DataLoader(TensorDataset(noisy[held], Y[held] % 2), 100)

learner = Learner(MultiHead({'digit': 10, 'odd': 2}))
learner.learn(dark, 'digit', 5)
print('digits', learner.test(dark_test, 'digit'))
for p in learner.model.encoder.parameters():
    p.requires_grad = False
for p in learner.model.heads['digit'].parameters():
    p.requires_grad = False
learner.learn(other, 'odd', 5)
print('odd', learner.test(other_test, 'odd'))
print('digits, after the second task', learner.test(dark_test, 'digit'))
