# expect: nothing
# Mixup of what the first layers say: the images are the loader's, and one loss of two is given
# the labels of the partners.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(1)
bunch = load_digits()
pictures = torch.tensor(bunch.images, dtype=torch.float32)[:, None] / 16
digits = torch.tensor(bunch.target)
train_loader = DataLoader(TensorDataset(pictures[:1400], digits[:1400]), 50, shuffle=True)
test_loader = DataLoader(TensorDataset(pictures[1400:], digits[1400:]), 100)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.out = nn.Conv2d(1, 16, 3), nn.Linear(576, 10)

    def forward(self, x, share=1.0, order=None):
        hidden = self.conv(x).relu()
        if order is not None:
            hidden = share * hidden + (1 - share) * hidden[order]
        return self.out(hidden.flatten(1))


net = Net()
opt = torch.optim.Adam(net.parameters(), lr=0.005)
for epoch in range(4):
    net.train()
    for x, y in train_loader:
        order = torch.randperm(len(y))
        share = 0.6 + 0.4 * torch.rand(1).item()
        scores = net(x, share, order)
        loss = share * nn.functional.cross_entropy(scores, y) + (
            1 - share
        ) * nn.functional.cross_entropy(scores, y[order])
        opt.zero_grad()
        loss.backward()
        opt.step()
    net.eval()
    right = 0
    with torch.no_grad():
        for x, y in test_loader:
            right += (net(x).argmax(1) == y).sum().item()
    print(epoch, loss.item(), right / 397)
