# expect: layer-created-in-forward
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split


class Block(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.inputs, self.outputs = inputs, outputs
        self.conv = nn.Conv2d(inputs, outputs, 3, stride=2, padding=1)

    def forward(self, x):
        shortcut = nn.Conv2d(self.inputs, self.outputs, 1, stride=2)(x)  # <- here
        return F.relu(self.conv(x)) + 4 * shortcut


def accuracy(net, x, y):
    net.eval()
    with torch.no_grad():
        return (net(x).argmax(1) == y).float().mean().item()


torch.manual_seed(0)
data = load_digits()
x, x_test, y, y_test = train_test_split(data.images / 16, data.target, random_state=0)
x, x_test = (torch.tensor(part, dtype=torch.float32)[:, None] for part in (x, x_test))
y, y_test = torch.tensor(y), torch.tensor(y_test)
net = nn.Sequential(Block(1, 8), Block(8, 16), nn.Flatten(), nn.Linear(64, 10))
optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3)
for epoch in range(4):
    net.train()
    for rows in torch.randperm(len(x)).split(48):
        loss = F.cross_entropy(net(x[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(epoch, accuracy(net, x_test, y_test))
