# expect: unsuitable-optimizer
import torch
from sklearn.datasets import load_digits
from torch import nn, optim


class Classifier:
    def __init__(self, hidden=100):
        self.net = nn.Sequential(nn.Linear(64, hidden), nn.ReLU(), nn.Linear(hidden, 10))
        self.opt = optim.Rprop(self.net.parameters())  # <- here
        self.criterion = nn.CrossEntropyLoss()

    def fit(self, x, y, epochs, batch_size=10):
        for _ in range(epochs):
            for rows in torch.randperm(len(x)).split(batch_size):
                self.opt.zero_grad()
                self.criterion(self.net(x[rows]), y[rows]).backward()
                self.opt.step()
        return self

    @torch.no_grad()
    def score(self, x, y):
        return (self.net(x).argmax(1) == y).float().mean().item()


torch.manual_seed(0)
features, target = load_digits(return_X_y=True)
features = torch.tensor(features / 16, dtype=torch.float32)
target = torch.tensor(target)
model = Classifier().fit(features[:1400], target[:1400], epochs=4)
print(model.score(features[1400:], target[1400:]))
