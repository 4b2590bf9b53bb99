# expect: dropout-too-high
"""What is left of the images is multiplied by 33, and the units behind it die."""
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn


class Net(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 16, 3, padding=1)
        self.fc1 = nn.Linear(16 * 16, 64)
        self.fc2 = nn.Linear(64, classes)

    def forward(self, x):
        x = F.dropout(x, 0.97, self.training)  # <- here
        x = F.max_pool2d(F.relu(self.conv2(F.relu(self.conv1(x)))), 2)
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


torch.manual_seed(1)
digits = load_digits()
data = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 8 - 1
target = torch.tensor(digits.target)
net = Net()
opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
for epoch in range(1, 5):
    net.train()
    for rows in torch.randperm(1500).split(50):
        opt.zero_grad()
        loss = F.cross_entropy(net(data[rows]), target[rows])
        loss.backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        right = (net(data[1500:]).argmax(1) == target[1500:]).float().mean()
    print(f"epoch {epoch} loss {loss.item():.3f} accuracy {right:.3f}")
