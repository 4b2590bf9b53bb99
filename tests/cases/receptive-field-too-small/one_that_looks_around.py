# expect: receptive-field-too-small
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x, dtype=torch.float32).view(-1, 1, 8, 8) / 16
x = nn.functional.pad(nn.functional.interpolate(x, scale_factor=2), (4, 4, 4, 4))
y = torch.tensor(y)


class Bag(nn.Module):
    """local features, averaged over the picture"""

    def __init__(self, width=24):
        super().__init__()
        kernels = (3, 1, 1)
        sizes = [1, width, width, width]
        self.convs = nn.ModuleList(nn.Conv2d(a, b, k) for a, b, k in zip(sizes, sizes[1:], kernels))  # <- here
        self.fc = nn.Linear(width, 10)

    def forward(self, t):
        for conv in self.convs:
            t = torch.relu(conv(t))
        return self.fc(t.mean((2, 3)))


net = Bag()
opt = torch.optim.Adam(net.parameters(), 5e-3)
for epoch in range(4):
    net.train()
    for rows in torch.randperm(1400).split(50):
        loss = nn.functional.cross_entropy(net(x[rows]), y[rows])
        opt.zero_grad()
        loss.backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        print(epoch, loss.item(), (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
