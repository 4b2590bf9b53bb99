# expect: no-held-out-evaluation
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


class Fit:
    def __init__(self, net, loaders):
        self.net, self.loaders = net, loaders
        self.optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
        self.criterion = nn.CrossEntropyLoss()

    def step(self, batch):
        images, labels = batch
        self.optimizer.zero_grad()
        loss = self.criterion(self.net(images), labels)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def run(self, epochs):
        for epoch in range(epochs):  # <- here
            self.net.train()
            losses = [self.step(batch) for batch in self.loaders["train"]]
            print(epoch, sum(losses) / len(losses))
            # print(self.evaluate(self.loaders["valid"]))


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
data = TensorDataset(torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y))
parts = dict(zip(("train", "valid"), random_split(data, [1400, 397])))
loaders = {name: DataLoader(part, 32, shuffle=name == "train") for name, part in parts.items()}
Fit(nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)), loaders).run(4)
