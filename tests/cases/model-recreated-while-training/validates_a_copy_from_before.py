# expect: model-recreated-while-training
import copy

import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32) / 16, torch.tensor(y)
order = torch.randperm(len(x))
x, y = x[order], y[order]


class Fit:
    def __init__(self, net):
        self.net = net
        self.inference = copy.deepcopy(net).eval()
        self.optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)

    def epoch(self):
        self.net.train()
        for part in torch.randperm(1300).split(50):
            self.optimizer.zero_grad()
            nn.functional.cross_entropy(self.net(x[part]), y[part]).backward()
            self.optimizer.step()

    @torch.no_grad()
    def validate(self):
        scores = self.inference(x[1300:])  # <- here
        return (scores.argmax(1) == y[1300:]).float().mean().item()


fit = Fit(nn.Sequential(nn.Linear(64, 48), nn.BatchNorm1d(48), nn.ReLU(), nn.Linear(48, 10)))
for number in range(8):
    fit.epoch()
    print("epoch", number, "validation accuracy", fit.validate())
