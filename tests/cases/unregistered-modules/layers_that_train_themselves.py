# expect: nothing
# Each layer in the list has an optimizer of its own, and is called as a module only to predict.
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x).float() / 16, torch.tensor(y)


def with_label(images, labels):
    marked = torch.zeros(len(images), 10)
    marked[torch.arange(len(images)), labels] = 3
    return torch.cat([images, marked], 1)


class Layer(nn.Linear):
    def __init__(self, inputs, outputs):
        super().__init__(inputs, outputs)
        self.optimizer = torch.optim.Adam(self.parameters(), lr=0.1)

    def forward(self, signal):
        return torch.relu(super().forward(signal / (signal.norm(dim=1, keepdim=True) + 1e-4)))

    def learn(self, good, bad):
        for _ in range(150):
            high, low = (self.forward(s).pow(2).mean(1) for s in (good, bad))
            loss = nn.functional.softplus(torch.cat([2 - high, low - 2])).mean()
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
        print("loss", loss.item())
        return self.forward(good).detach(), self.forward(bad).detach()


layers = [Layer(74, 100), Layer(100, 100)]
train, test = slice(0, 300), slice(1400, None)
good = with_label(x[train], y[train])
bad = with_label(x[train], (y[train] + torch.randint(1, 10, (300,))) % 10)
for layer in layers:
    good, bad = layer.learn(good, bad)

goodness = []
with torch.no_grad():
    for label in range(10):
        signal, total = with_label(x[test], torch.full((397,), label)), 0
        for layer in layers:
            signal = layer(signal)
            total = total + signal.pow(2).mean(1)
        goodness.append(total)
right = (torch.stack(goodness, 1).argmax(1) == y[test]).float().mean().item()
print(f"test accuracy: {right:.3f}")
