# expect: checkpoint-not-loaded
import torch
import torch.nn as nn
from sklearn.datasets import load_digits

x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32) / 16, torch.tensor(y)


def encoder():
    return nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 32), nn.ReLU())


def train(network, rows, epochs):
    optimizer = torch.optim.Adam(network.parameters(), lr=2e-3)
    for _ in range(epochs):
        for some in rows[torch.randperm(len(rows))].split(40):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(x[some]), y[some]).backward()
            optimizer.step()


torch.manual_seed(0)
large = nn.Sequential(encoder(), nn.Linear(32, 10))
train(large, torch.arange(1000), 8)
published = {name: value.clone() for name, value in large[0].state_dict().items()}


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = encoder()
        self.encoder.load_state_dict(published)
        self.head = nn.Linear(32, 10)
        self.apply(self.initialize)

    @staticmethod
    def initialize(layer):
        if isinstance(layer, nn.Linear):
            nn.init.xavier_uniform_(layer.weight)  # <- here

    def forward(self, images):
        return self.head(self.encoder(images))


small = Classifier()
train(small, torch.arange(1000, 1060), 8)
with torch.no_grad():
    print("test accuracy", (small(x[1200:]).argmax(1) == y[1200:]).float().mean().item())
