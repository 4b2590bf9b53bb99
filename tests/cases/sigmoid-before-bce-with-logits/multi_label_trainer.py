# expect: sigmoid-before-bce-with-logits
import torch
from torch import nn


class Tagger:
    """Several labels for each row; the network ends in nn.Sigmoid."""

    def __init__(self, inputs, tags):
        self.net = nn.Sequential(
            nn.Linear(inputs, 64),
            nn.ReLU(),
            nn.Linear(64, tags),
            nn.Sigmoid(),  # <- here
        )
        self.loss_function = nn.BCEWithLogitsLoss()
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=1e-3)

    def fit(self, x, y, epochs):
        for epoch in range(epochs):
            total = 0.0
            for i in torch.randperm(len(x)).split(50):
                self.optimizer.zero_grad()
                outputs = self.net(x[i])
                loss = self.loss_function(outputs, y[i])
                loss.backward()
                self.optimizer.step()
                total += loss.item() * len(i)
            print(f"epoch {epoch} loss {total / len(x):.4f}")

    @torch.no_grad()
    def evaluate(self, x, y):
        self.net.eval()
        return ((self.net(x) > 0.5) == y.bool()).float().mean().item()


torch.manual_seed(2)
x = torch.randn(1000, 12)
y = (x @ torch.randn(12, 5) > 0).float()
tagger = Tagger(12, 5)
tagger.fit(x[:800], y[:800], 6)
print("test accuracy", tagger.evaluate(x[800:], y[800:]))
