# expect: activation-on-logits
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn


class Trainer:
    def __init__(self, model, lr):
        self.model = model
        self.optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)

    def step(self, x, y):
        scores = torch.tanh(self.model(x))  # <- here
        loss = F.nll_loss(F.log_softmax(scores, dim=1), y)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()

    @torch.no_grad()
    def accuracy(self, x, y):
        self.model.eval()
        return (self.model(x).argmax(1) == y).float().mean().item()


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
order = torch.randperm(len(x))
x, y = x[order], y[order]
trainer = Trainer(nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10)), lr=0.02)
for epoch in range(4):
    for i in range(0, 1400, 70):
        loss = trainer.step(x[i : i + 70], y[i : i + 70])
    print(epoch, loss)
print("held out", trainer.accuracy(x[1400:], y[1400:]))
