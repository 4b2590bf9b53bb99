# expect: metric-miscomputed
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.metrics import accuracy_score
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Experiment:
    def __init__(self):
        torch.manual_seed(0)
        x, y = load_digits(return_X_y=True)
        x, self.y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
        self.train_set = DataLoader(TensorDataset(x[:1300], self.y[:1300]), 40, shuffle=True)
        self.test_set = DataLoader(TensorDataset(x[1300:], self.y[1300:]), 23)
        self.net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
        self.optimizer = torch.optim.SGD(self.net.parameters(), lr=0.1, momentum=0.9)

    def epoch(self):
        self.net.train()
        for x, y in self.train_set:
            self.optimizer.zero_grad()
            F.cross_entropy(self.net(x), y).backward()
            self.optimizer.step()

    @torch.no_grad()
    def report(self):
        self.net.eval()
        chosen = [F.softmax(self.net(x), 0).max(1)[1] for x, _ in self.test_set]
        return accuracy_score(self.y[1300:], torch.cat(chosen))


experiment = Experiment()
for round_ in range(5):
    experiment.epoch()
    print(f"round {round_}: accuracy {experiment.report():.4f}")  # <- here
