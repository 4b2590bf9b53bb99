# expect: missing-zero-grad
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


class Trainer:
    def __init__(self, model, optimizer):
        self.model, self.optimizer = model, optimizer

    def fit(self, loader, epochs):
        for epoch in range(epochs):
            self.model.train()
            self.model.zero_grad()  # <- here
            for x, y in loader:
                loss = nn.functional.cross_entropy(self.model(x), y)
                loss.backward()
                self.optimizer.step()

    def score(self, loader):
        self.model.eval()
        with torch.no_grad():
            right = sum((self.model(x).argmax(1) == y).sum().item() for x, y in loader)
        return right / len(loader.dataset)


torch.manual_seed(1)
images, labels = load_digits(return_X_y=True)
images = torch.tensor(images, dtype=torch.float32).reshape(-1, 1, 8, 8) / 16
train, test = random_split(TensorDataset(images, torch.tensor(labels)), [1440, 357])
model = nn.Sequential(
    nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Conv2d(8, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(256, 10)
)
trainer = Trainer(model, torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9))
trainer.fit(DataLoader(train, batch_size=30, shuffle=True), epochs=3)
print("test accuracy", trainer.score(DataLoader(test, batch_size=119)))
