# expect: unsuitable-momentum
# A moving average of the weights, swapped in for the evaluation, with the decay of long trainings.
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(11)


class ExponentialAverage:
    def __init__(self, network, decay):
        self.network, self.decay = network, decay
        self.kept = {name: p.detach().clone() for name, p in network.named_parameters()}

    def step(self):
        for name, p in self.network.named_parameters():
            self.kept[name].lerp_(p.detach(), 1 - self.decay)

    def __enter__(self):
        self.backup = {name: p.detach().clone() for name, p in self.network.named_parameters()}
        self._load(self.kept)

    def __exit__(self, *_):
        self._load(self.backup)

    def _load(self, values):
        for name, p in self.network.named_parameters():
            p.data.copy_(values[name])


digits = load_digits()
images = torch.tensor(digits.images / 16, dtype=torch.float32).unsqueeze(1)
train, test = random_split(TensorDataset(images, torch.tensor(digits.target)), [1450, 347])
network = nn.Sequential(
    nn.Conv2d(1, 24, 3), nn.GELU(), nn.Conv2d(24, 24, 3), nn.GELU(), nn.Flatten(),
    nn.Linear(384, 10),
)  # fmt: skip
sgd = torch.optim.SGD(network.parameters(), lr=0.03, momentum=0.9)
average = ExponentialAverage(network, decay=0.9998)  # <- here
for epoch in range(6):
    network.train()
    for x, y in DataLoader(train, batch_size=50, shuffle=True):
        sgd.zero_grad()
        F.cross_entropy(network(x), y).backward()
        sgd.step()
        average.step()
    network.eval()
    right = 0
    with torch.no_grad(), average:
        for x, y in DataLoader(test, batch_size=50):
            right += (network(x).argmax(1) == y).sum().item()
    print(f"epoch {epoch}: accuracy {right / len(test):.3f}")
