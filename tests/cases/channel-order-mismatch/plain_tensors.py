# expect: channel-order-mismatch
# No loaders; the test tensor was stacked from blue to red.
import torch
import torch.nn.functional as F

torch.manual_seed(4)
PALETTE = torch.tensor([[0.8, 0.3, 0.2], [0.7, 0.6, 0.1], [0.6, 0.2, 0.5]])


def make(n):
    y = torch.randint(0, 3, (n,))
    light = 0.7 + 0.3 * torch.rand(n, 1, 1, 1)
    x = PALETTE[y][:, :, None, None] * light + 0.12 * torch.randn(n, 3, 10, 10)
    return x.clamp(0, 1), y


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 8, 3)
        self.fc = torch.nn.Linear(8, 3)

    def forward(self, x):
        return self.fc(F.relu(self.conv(x)).mean((2, 3)))


x_train, y_train = make(500)
x_test, y_test = make(300)
x_test = torch.stack([x_test[:, 2], x_test[:, 1], x_test[:, 0]], dim=1)  # <- here
net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
for epoch in range(6):
    net.train()
    for rows in torch.randperm(500).split(25):
        optimizer.zero_grad()
        F.cross_entropy(net(x_train[rows]), y_train[rows]).backward()
        optimizer.step()
net.eval()
with torch.no_grad():
    print("accuracy", (net(x_test).argmax(1) == y_test).float().mean().item())
