# expect: train-mode-not-restored
import torch
from sklearn.datasets import load_digits
from torch import nn, optim

torch.manual_seed(0)
data = load_digits()
images, labels = torch.tensor(data.images).float().unsqueeze(1) / 16, torch.tensor(data.target)
order = torch.randperm(len(labels))
train, test = order[:1400], order[1400:]
net = nn.Sequential(
    nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Dropout(0.4), nn.Linear(288, 10)
)
optimizer = optim.Adam(net.parameters(), lr=1e-3)


def run_train():
    net.train  # <- here
    for batch in train.split(40):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(images[batch]), labels[batch])
        loss.backward()
        optimizer.step()


def run_test():
    net.eval()
    with torch.no_grad():
        return (net(images[test]).argmax(1) == labels[test]).float().mean().item()


for epoch in range(4):
    run_train()
    print(epoch, run_test())
