# expect: nothing
# A low-rank layer and depthwise-separable convolutions: nothing between them on purpose.
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn


class Separable(nn.Sequential):
    def __init__(self, a, b):
        super().__init__(
            nn.Conv2d(a, a, 3, padding=1, groups=a, bias=False),
            nn.Conv2d(a, b, 1, bias=False),
            nn.BatchNorm2d(b),
            nn.ReLU(inplace=True),
        )


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), Separable(16, 32), nn.MaxPool2d(2),
            Separable(32, 32), nn.Flatten(),
        )
        self.down, self.up = nn.Linear(512, 16, bias=False), nn.Linear(16, 64)
        self.out = nn.Linear(64, 10)

    def forward(self, x):
        return self.out(torch.relu(self.up(self.down(self.features(x)))))


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x / 16, dtype=torch.float32).reshape(-1, 1, 8, 8)
x_train, x_test, y_train, y_test = train_test_split(x, torch.tensor(y), random_state=0)
net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=0.004)
for epoch in range(5):
    net.train()
    for batch in torch.randperm(len(x_train)).split(50):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x_train[batch]), y_train[batch]).backward()
        optimizer.step()
net.eval()
with torch.no_grad():
    print("test accuracy", (net(x_test).argmax(1) == y_test).float().mean().item())
