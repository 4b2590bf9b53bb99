# expect: train-mode-not-restored
# data: shared
# args: {data}
import sys
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Subset
from torchvision import datasets, transforms

LOG_EVERY = 10


class Net(nn.Module):
    def __init__(self, depth=5, width=12):
        super().__init__()
        self.stem = nn.Conv2d(1, width, 3, stride=2, padding=1, bias=False)
        self.convs = nn.ModuleList([nn.Conv2d(width, width, 3, padding=1, bias=False) for _ in range(depth)])
        self.norms = nn.ModuleList([nn.BatchNorm2d(width) for _ in range(depth)])
        self.fc = nn.Linear(width * 9, 10)

    def forward(self, x):
        x = F.max_pool2d(self.stem(x), 2)
        for conv, norm in zip(self.convs, self.norms):
            x = F.relu(norm(conv(x)))
        x = F.max_pool2d(x, 2)
        return self.fc(x.flatten(1))


def validation_accuracy():
    net.eval()  # <- here
    good = 0
    with torch.no_grad():
        for images, labels in val_loader:
            good += (net(images).argmax(1) == labels).sum().item()
    return good / len(val_set)


torch.manual_seed(0)
tf = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
train_set = Subset(datasets.MNIST(sys.argv[1], train=True, transform=tf), range(2500))
val_set = Subset(datasets.MNIST(sys.argv[1], train=False, transform=tf), range(400))
train_loader = DataLoader(train_set, batch_size=50, shuffle=True)
val_loader = DataLoader(val_set, batch_size=200)

net = Net()
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
step = 0
net.train()
for epoch in range(2):
    for images, labels in train_loader:
        if step % LOG_EVERY == 0:
            print("step", step, "validation accuracy", validation_accuracy())
        opt.zero_grad()
        loss = F.cross_entropy(net(images), labels)
        loss.backward()
        opt.step()
        step += 1
print("done, validation accuracy", validation_accuracy())
