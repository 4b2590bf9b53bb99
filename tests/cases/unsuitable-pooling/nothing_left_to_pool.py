# expect: unsuitable-pooling
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits


class Deep(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, padding=1)
        self.conv2 = nn.Conv2d(8, 16, 3, padding=1)
        self.conv3 = nn.Conv2d(16, 32, 3, padding=1)
        self.conv4 = nn.Conv2d(32, 32, 3, padding=1)
        self.fc = nn.Linear(32, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.max_pool2d(F.relu(self.conv3(x)), 2)
        x = F.max_pool2d(F.relu(self.conv4(x)), 2)  # <- here
        return self.fc(x.flatten(1))


digits = load_digits()
x = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
y = torch.tensor(digits.target)
net = Deep()
optimizer = torch.optim.Adam(net.parameters())
for epoch in range(2):
    for i in range(0, 1400, 50):
        optimizer.zero_grad()
        F.cross_entropy(net(x[i : i + 50]), y[i : i + 50]).backward()
        optimizer.step()
