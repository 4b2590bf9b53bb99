# expect: unsuitable-momentum
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 10, kernel_size=3)
        self.conv2 = nn.Conv2d(10, 20, kernel_size=3)
        self.fc1 = nn.Linear(320, 50)
        self.fc2 = nn.Linear(50, 10)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        x = x.view(-1, 320)
        x = F.relu(self.fc1(x))
        return self.fc2(x)


torch.manual_seed(1)
digits = load_digits()
inputs = torch.tensor(digits.images).float().unsqueeze(1) / 16
target = torch.tensor(digits.target)
train_loader = DataLoader(TensorDataset(inputs[:1500], target[:1500]), batch_size=16, shuffle=True)
test_loader = DataLoader(TensorDataset(inputs[1500:], target[1500:]), batch_size=64)
net = LeNet()
optimizer = optim.SGD(net.parameters(), lr=0.004)  # <- here
for epoch in range(3):
    net.train()
    for data, label in train_loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(net(data), label)
        loss.backward()
        optimizer.step()
net.eval()
correct = 0
with torch.no_grad():
    for data, label in test_loader:
        correct += (net(data).argmax(1) == label).sum().item()
print(f"Test accuracy: {correct / 297:.2%}")
