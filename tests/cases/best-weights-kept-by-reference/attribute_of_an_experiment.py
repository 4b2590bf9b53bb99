# expect: best-weights-kept-by-reference
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
d = load_digits()
X, y = torch.FloatTensor(d.images / 16).unsqueeze(1), torch.LongTensor(d.target)
splits = {'train': (X[:300], y[:300]), 'valid': (X[300:800], y[300:800]), 'test': (X[800:], y[800:])}


class Experiment:
    def __init__(self):
        self.model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))
        self.opt = torch.optim.SGD(self.model.parameters(), lr=0.15)
        self.best_acc, self.best_model = 0, None

    def score(self, split, model):
        model.eval()
        with torch.no_grad():
            return (model(splits[split][0]).argmax(1) == splits[split][1]).float().mean().item()

    def run(self, epochs):
        for e in range(epochs):
            self.model.train()
            for b in torch.randperm(300).split(10):
                self.opt.zero_grad()
                nn.functional.cross_entropy(self.model(X[b]), y[b]).backward()
                self.opt.step()
            acc = self.score('valid', self.model)
            if acc > self.best_acc:
                self.best_acc = acc
                self.best_model = self.model  # <- here
            print('epoch', e, 'valid', acc)


exp = Experiment()
exp.run(6)
print('test of best', exp.score('test', exp.best_model))
