# expect: unsuitable-momentum
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


class Trainer:
    def __init__(self, net, lr=0.1, momentum=0.995):
        self.net = net
        self.criterion = nn.CrossEntropyLoss()
        self.opt = torch.optim.SGD(net.parameters(), lr=lr, momentum=momentum)  # <- here

    def fit(self, loader, epochs):
        for epoch in range(epochs):
            self.net.train()
            total = 0.0
            for x, y in loader:
                self.opt.zero_grad()
                loss = self.criterion(self.net(x), y)
                loss.backward()
                self.opt.step()
                total += loss.item()
            print(f"epoch {epoch} loss {total / len(loader):.3f}")

    @torch.no_grad()
    def score(self, loader):
        self.net.eval()
        return sum((self.net(x).argmax(1) == y).sum().item() for x, y in loader)


torch.manual_seed(0)
images, labels = load_digits(return_X_y=True)
data = TensorDataset(torch.tensor(images / 16).float().view(-1, 1, 8, 8), torch.tensor(labels))
train, test = random_split(data, [1400, 397])
cnn = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(512, 10),
)
trainer = Trainer(cnn)
trainer.fit(DataLoader(train, batch_size=32, shuffle=True), epochs=4)
print(trainer.score(DataLoader(test, batch_size=100)) / len(test))
