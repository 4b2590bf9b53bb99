# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
bunch = load_digits()
images = torch.tensor(bunch.images, dtype=torch.float32).unsqueeze(1) / 16
train, test, _ = random_split(TensorDataset(images, torch.tensor(bunch.target)), [601, 400, 796])
net = nn.Sequential(
    nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(512, 10)
)
optimizer = torch.optim.SGD(net.parameters(), lr=0.003, momentum=0.9)
for epoch in range(2):
    net.train()
    for x, y in DataLoader(train, batch_size=3, shuffle=True):  # the last has one: 64 values
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        right = sum((net(x).argmax(1) == y).sum().item() for x, y in DataLoader(test, 200))
    print(epoch, right / len(test))
