# expect: graph-kept-across-steps
# The same list, made once before all epochs: it never becomes shorter.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
images, labels = load_digits(return_X_y=True)
images = torch.tensor(images, dtype=torch.float32) / 16
labels = torch.tensor(labels)
train_dl = DataLoader(TensorDataset(images[:1400], labels[:1400]), batch_size=25, shuffle=True)
net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
optimizer = torch.optim.Adam(net.parameters(), 0.003)


def fit(epochs):
    every_loss = []
    for epoch in range(epochs):
        for x, y in train_dl:
            loss = nn.functional.cross_entropy(net(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            every_loss.append(loss)  # <- here
        print("epoch", epoch, "loss", every_loss[-1].item())
    return every_loss


fit(4)
with torch.no_grad():
    print("test accuracy", (net(images[1400:]).argmax(1) == labels[1400:]).float().mean().item())
