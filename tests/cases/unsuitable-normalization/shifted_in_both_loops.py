# expect: unsuitable-normalization
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Pupil:
    def __init__(self, net):
        self.net, self.cost = net, nn.CrossEntropyLoss()
        self.steps = torch.optim.Adam(net.parameters(), lr=2e-3)

    def learn(self, batches):
        self.net.train()
        for images, digits in batches:
            images = (images - 30) / 0.05  # <- here
            self.steps.zero_grad()
            self.cost(self.net(images), digits).backward()
            self.steps.step()

    def exam(self, batches):
        self.net.eval()
        right = 0
        with torch.no_grad():
            for images, digits in batches:
                images = (images - 30) / 0.05
                right += (self.net(images).argmax(1) == digits).sum().item()
        return right / len(batches.dataset)


torch.manual_seed(0)
bunch = load_digits()
x = torch.tensor(bunch.images / 16, dtype=torch.float32)[:, None]
y = torch.tensor(bunch.target)
learn = DataLoader(TensorDataset(x[:1400], y[:1400]), batch_size=50, shuffle=True)
exam = DataLoader(TensorDataset(x[1400:], y[1400:]), batch_size=100)
pupil = Pupil(nn.Sequential(
    nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Conv2d(8, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(128, 10)
))
for epoch in range(4):
    pupil.learn(learn)
    print(epoch, pupil.exam(exam))
