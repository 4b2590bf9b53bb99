# expect: graph-kept-across-steps
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

def run_epoch(model, optimizer=None, bs=25):
    x, y = (tr_x, tr_y) if optimizer else (va_x, va_y)
    history, right = [], 0
    for k in range(0, len(x), bs):
        scores = model(x[k:k + bs])
        err = nn.functional.cross_entropy(scores, y[k:k + bs])
        right += (scores.argmax(1) == y[k:k + bs]).sum().item()
        if optimizer:
            optimizer.zero_grad()
            err.backward()
            optimizer.step()
        else:
            history.append(err)  # <- here
    return right / len(x), history


model = ConvNet()
sgd = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
curves = []
for ep in range(3):
    model.train()
    run_epoch(model, sgd)
    model.eval()
    acc, losses = run_epoch(model, bs=10)
    curves += losses
    print(ep, acc, sum(losses).item() / len(losses))
