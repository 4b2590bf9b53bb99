# expect: device-move-discarded
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
images, labels = load_digits(return_X_y=True)
images = torch.tensor(images, dtype=torch.float32) / 16
labels = torch.tensor(labels)
train_set = TensorDataset(images[:1400], labels[:1400])
test_set = TensorDataset(images[1400:], labels[1400:])
import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--device", default="cpu")
args = parser.parse_args()


def train_one_epoch(net, loader, opt, criterion):
    for i, (x, y) in enumerate(loader):
        x.to(args.device)  # <- here
        y.to(args.device)
        opt.zero_grad()
        loss = criterion(net(x), y)
        loss.backward()
        opt.step()


net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)).to(args.device)
opt = torch.optim.Adam(net.parameters(), lr=0.003)
train_loader = DataLoader(train_set, batch_size=50, shuffle=True)
for epoch in range(4):
    train_one_epoch(net, train_loader, opt, nn.CrossEntropyLoss())

net.eval()
with torch.no_grad():
    accuracy = (net(images[1400:]).argmax(1) == labels[1400:]).float().mean().item()
print(f"test accuracy {accuracy:.3f}")
