# expect: best-weights-kept-by-reference
import torch as t
import torch.nn as nn
import torch.optim as optim
from sklearn.datasets import load_digits

t.manual_seed(3)
raw = load_digits()
pics = t.tensor(raw.images, dtype=t.float32).unsqueeze(1) / 16.0
targets = t.tensor(raw.target)
perm = t.randperm(len(pics))
pics, targets = pics[perm], targets[perm]
tr_x, tr_y, va_x, va_y = pics[:1300], targets[:1300], pics[1300:], targets[1300:]


class ConvNet(nn.Module):
    def __init__(self):
        super(ConvNet, self).__init__()
        self.c1 = nn.Conv2d(1, 8, 3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.fc = nn.Linear(8 * 4 * 4, 10)

    def forward(self, inp):
        h = self.pool(t.relu(self.c1(inp)))
        return self.fc(h.view(h.size(0), -1))
import copy


class EarlyStopping:
    def __init__(self, patience=3):
        self.patience, self.bad, self.best, self.weights = patience, 0, float("inf"), None

    def __call__(self, value, model):
        if value < self.best:
            self.best, self.bad = value, 0
            self.weights = copy.copy(model.state_dict())  # <- here
        else:
            self.bad += 1
        return self.bad >= self.patience


model = ConvNet()
opt = optim.Adam(model.parameters(), lr=0.01)
stopper = EarlyStopping()
for epoch in range(10):
    for idx in t.randperm(1300).split(65):
        opt.zero_grad()
        nn.functional.cross_entropy(model(tr_x[idx]), tr_y[idx]).backward()
        opt.step()
    with t.no_grad():
        val_loss = nn.functional.cross_entropy(model(va_x), va_y).item()
    print(epoch, val_loss)
    if stopper(val_loss + 0.02 * epoch, model):
        break
model.load_state_dict(stopper.weights)
