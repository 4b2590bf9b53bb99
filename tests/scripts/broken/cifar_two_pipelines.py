# expect: train-test-normalization-mismatch
# data: shared
# args: --dataroot {data} --subset 2000
import argparse

import torch
import torch.nn as nn
import torchvision
from torchvision import transforms

parser = argparse.ArgumentParser()
parser.add_argument('--dataroot', default='./data')
parser.add_argument('--subset', type=int, default=None)
parser.add_argument('--epochs', type=int, default=3)
opt = parser.parse_args()

torch.manual_seed(0)

transform_train = transforms.Compose([
    transforms.RandomHorizontalFlip(),
    transforms.ToTensor(),
    transforms.Normalize((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
])
transform_test = transforms.Compose([transforms.ToTensor()])  # <- here

train_set = torchvision.datasets.CIFAR10(opt.dataroot, train=True, download=True, transform=transform_train)
test_set = torchvision.datasets.CIFAR10(opt.dataroot, train=False, download=True, transform=transform_test)
if opt.subset:
    train_set = torch.utils.data.Subset(train_set, range(opt.subset))
    test_set = torch.utils.data.Subset(test_set, range(opt.subset // 4))

train_loader = torch.utils.data.DataLoader(train_set, batch_size=32, shuffle=True)
test_loader = torch.utils.data.DataLoader(test_set, batch_size=100, shuffle=False)

model = nn.Sequential(
    nn.Conv2d(3, 16, 3, stride=2, padding=1), nn.BatchNorm2d(16), nn.ReLU(),
    nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.BatchNorm2d(32), nn.ReLU(),
    nn.Conv2d(32, 64, 3, stride=2, padding=1), nn.BatchNorm2d(64), nn.ReLU(),
    nn.Flatten(), nn.Linear(64 * 16, 10),
)
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

for epoch in range(opt.epochs):
    model.train()
    hits = 0
    for x, y in train_loader:
        logits = model(x)
        loss = loss_fn(logits, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        hits += (logits.argmax(1) == y).sum().item()
    train_acc = hits / len(train_set)

    model.eval()
    hits = 0
    with torch.no_grad():
        for x, y in test_loader:
            hits += (model(x).argmax(1) == y).sum().item()
    print(f'epoch {epoch + 1}: train acc {train_acc:.3f}, test acc {hits / len(test_set):.3f}')
