# expect: metric-miscomputed
# data: shared
# args: {data}
import sys
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Subset
from torchvision import datasets, transforms

torch.manual_seed(0)
tf = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
train_data = Subset(datasets.MNIST(sys.argv[1], train=True, transform=tf), range(4000))
test_data = Subset(datasets.MNIST(sys.argv[1], train=False, transform=tf), range(1000))
loaders = {'train': DataLoader(train_data, batch_size=50, shuffle=True),
           'test': DataLoader(test_data, batch_size=100)}


class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 5, stride=2)
        self.conv2 = nn.Conv2d(8, 16, 5, stride=2)
        self.out = nn.Linear(256, 10)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        return self.out(x.view(x.size(0), -1))


cnn = CNN()
optimizer = torch.optim.Adam(cnn.parameters(), lr=2e-3)


def train():
    cnn.train()
    for b_x, b_y in loaders['train']:
        loss = F.cross_entropy(cnn(b_x), b_y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def test():
    cnn.eval()
    n_correct = 0
    with torch.no_grad():
        for b_x, b_y in loaders['test']:
            n_correct += (cnn(b_x).argmax(1) == b_y).sum().item()
    accuracy = n_correct / len(loaders['train'].dataset)  # <- here
    print(f'Test Accuracy: {accuracy:.2f}')  # <- here


for epoch in range(2):
    train()
    test()
