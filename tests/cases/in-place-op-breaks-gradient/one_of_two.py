# expect: in-place-op-breaks-gradient
# Two additions in place: nobody needs the old `b`, but the second convolution needs the old `a`.
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, padding=1)
        self.conv2 = nn.Conv2d(8, 8, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.fc = nn.Linear(512, 10)

    def forward(self, x):
        a = self.relu(self.conv1(x))
        b = self.conv2(a)
        b += 0.1
        a += b  # <- here
        return self.fc(a.flatten(1))


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x / 16, dtype=torch.float32).view(-1, 1, 8, 8)
x_train, x_test, y_train, y_test = train_test_split(x, torch.tensor(y), random_state=0)
net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=0.003)
for epoch in range(3):
    net.train()
    total, seen = 0.0, 0
    for rows in torch.randperm(len(x_train)).split(64):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x_train[rows]), y_train[rows])
        loss.backward()
        optimizer.step()
        total += loss.item() * len(rows)
        seen += len(rows)
    net.eval()
    with torch.no_grad():
        print(epoch, total / seen, (net(x_test).argmax(1) == y_test).float().mean().item())
