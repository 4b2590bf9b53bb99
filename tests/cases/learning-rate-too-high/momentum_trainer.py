# expect: learning-rate-too-high
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


class Trainer:
    def __init__(self, model, lr):
        self.model = model
        self.optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)  # <- here

    def epoch(self, loader):
        self.model.train()
        for images, labels in loader:
            self.optimizer.zero_grad()
            loss = nn.functional.cross_entropy(self.model(images), labels)
            loss.backward()
            self.optimizer.step()
        return loss.item()

    @torch.no_grad()
    def accuracy(self, loader):
        self.model.eval()
        pairs = [(self.model(images).argmax(1), labels) for images, labels in loader]
        return torch.cat([p == y for p, y in pairs]).float().mean().item()


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
data = TensorDataset(torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y))
train, test = random_split(data, [1400, 397])
model = nn.Sequential(
    nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 10)
)
trainer = Trainer(model, lr=3.0)
for epoch in range(4):
    loss = trainer.epoch(DataLoader(train, 32, shuffle=True))
    print(f"epoch {epoch} loss {loss:.3f} accuracy {trainer.accuracy(DataLoader(test, 100)):.3f}")
