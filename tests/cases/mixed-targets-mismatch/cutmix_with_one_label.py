# expect: mixed-targets-mismatch
# Patches pasted in from another image, but the targets stay those of the first.
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset


def cutmix(x, alpha=1.0):
    lam = np.random.beta(alpha, alpha)
    index = torch.randperm(x.size(0))
    h, w = x.shape[2:]
    cut = int(h * np.sqrt(1 - lam))
    r, c = np.random.randint(0, h - cut + 1), np.random.randint(0, w - cut + 1)
    x[:, :, r : r + cut, c : c + cut] = x[index, :, r : r + cut, c : c + cut]
    return x


class Trainer:
    def __init__(self, net):
        self.net = net
        self.opt = torch.optim.Adam(net.parameters(), lr=0.005)
        self.criterion = nn.CrossEntropyLoss()

    def step(self, x, y):
        out = self.net(cutmix(x))
        loss = self.criterion(out, y)  # <- here
        self.opt.zero_grad()
        loss.backward()
        self.opt.step()
        return loss.item()


np.random.seed(0)
torch.manual_seed(0)
data, target = load_digits(return_X_y=True)
images = torch.tensor(data, dtype=torch.float32).view(-1, 1, 8, 8) / 16
labels = torch.tensor(target)
train = DataLoader(TensorDataset(images[:1400], labels[:1400]), batch_size=50, shuffle=True)
trainer = Trainer(nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10)))
for epoch in range(5):
    losses = [trainer.step(x, y) for x, y in train]
trainer.net.eval()
with torch.no_grad():
    print("accuracy", (trainer.net(images[1400:]).argmax(1) == labels[1400:]).float().mean().item())
