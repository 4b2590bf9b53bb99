# expect: batch-size-too-large
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

BATCH = 1400  # <- here


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 3, padding=1)
        self.conv2 = nn.Conv2d(6, 16, 3)
        self.fc1 = nn.Linear(16 * 9, 60)
        self.fc2 = nn.Linear(60, 40)
        self.fc3 = nn.Linear(40, 10)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x.flatten(1))))))


torch.manual_seed(4)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x, dtype=torch.float32).view(-1, 1, 8, 8) / 8 - 1
y = torch.tensor(y)
train = DataLoader(TensorDataset(x[:1400], y[:1400]), batch_size=BATCH)  # <- here
test = DataLoader(TensorDataset(x[1400:], y[1400:]), batch_size=BATCH)
net = LeNet()
optimizer = torch.optim.SGD(net.parameters(), lr=0.001, momentum=0.9)
for epoch in range(6):
    total = 0.0
    for images, labels in train:
        optimizer.zero_grad()
        loss = F.cross_entropy(net(images), labels)
        loss.backward()
        optimizer.step()
        total += loss.item()
    print("epoch", epoch, "loss", total / len(train))
net.eval()
right = 0
with torch.no_grad():
    for images, labels in test:
        right += (net(images).argmax(1) == labels).sum().item()
print("test accuracy", right / 397)
