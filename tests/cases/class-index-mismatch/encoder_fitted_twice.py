# expect: class-index-mismatch
# Names are numbered in the order in which they come, separately for each split; no data set class.
import torch
from sklearn.datasets import load_digits


def encode(names):
    table = {}
    for name in names:
        table.setdefault(name, len(table))
    return torch.tensor([table[name] for name in names])


class Experiment:
    def __init__(self):
        torch.manual_seed(0)
        bunch = load_digits()
        x = torch.tensor(bunch.images, dtype=torch.float32)[:, None] / 16
        words = [f"digit {label}" for label in bunch.target]
        order = torch.randperm(len(x), generator=torch.Generator().manual_seed(4)).tolist()
        first, second = order[:1300], order[1300:]
        self.train = torch.utils.data.TensorDataset(x[first], encode([words[i] for i in first]))
        self.test = torch.utils.data.TensorDataset(x[second], encode([words[i] for i in second]))  # <- here
        self.net = torch.nn.Sequential(
            torch.nn.Conv2d(1, 16, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(576, 10)
        )
        self.opt = torch.optim.Adam(self.net.parameters(), lr=5e-3)

    def run(self):
        for _ in range(5):
            self.net.train()
            for x, y in torch.utils.data.DataLoader(self.train, 65, shuffle=True):
                self.opt.zero_grad()
                torch.nn.functional.cross_entropy(self.net(x), y).backward()
                self.opt.step()
        self.net.eval()
        right = 0
        with torch.no_grad():
            for x, y in torch.utils.data.DataLoader(self.test, 100):
                right += int((self.net(x).argmax(1) == y).sum())
        print("accuracy", right / len(self.test))


Experiment().run()
