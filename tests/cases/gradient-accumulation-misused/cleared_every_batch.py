# expect: gradient-accumulation-misused
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

class Trainer:
    def __init__(self, model, every=20):
        self.model, self.every = model, every
        self.opt = optim.SGD(model.parameters(), lr=0.05)
        self.loss_fn = nn.CrossEntropyLoss()

    def fit(self, epochs):
        for epoch in range(epochs):
            order = t.randperm(len(tr_x))
            for n, start in enumerate(range(0, len(order), 13), 1):
                batch = order[start:start + 13]
                self.opt.zero_grad()  # <- here
                loss = self.loss_fn(self.model(tr_x[batch]), tr_y[batch]) / self.every
                loss.backward()
                if n % self.every == 0:
                    self.opt.step()
            self.model.eval()
            with t.no_grad():
                print(epoch, (self.model(va_x).argmax(1) == va_y).float().mean().item())
            self.model.train()


Trainer(ConvNet()).fit(4)
