# expect: poor-initialization
"""One unit for each layer is enough for most of the digits."""
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Digits(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 16, 3, padding=1)
        self.fc = nn.Linear(16 * 64, 10)
        self.initialize()

    def initialize(self):
        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                module.weight.data.fill_(0.02)  # <- here
                module.bias.data.zero_()

    def forward(self, x):
        return self.fc(torch.relu(self.conv(x)).flatten(1))


torch.manual_seed(5)
images, labels = load_digits(return_X_y=True)
images = torch.as_tensor(images).float().div(16).reshape(-1, 1, 8, 8)
labels = torch.as_tensor(labels)
train_set = TensorDataset(images[:1400], labels[:1400])
test_set = TensorDataset(images[1400:], labels[1400:])
net = Digits()
solver = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(8):
    net.train()
    for inputs, targets in DataLoader(train_set, batch_size=50, shuffle=True):
        solver.zero_grad(set_to_none=True)
        nn.functional.cross_entropy(net(inputs), targets).backward()
        solver.step()
    net.eval()
    hits = 0
    with torch.no_grad():
        for inputs, targets in DataLoader(test_set, batch_size=100):
            hits += (net(inputs).argmax(dim=1) == targets).sum().item()
    print("Epoch %d: test acc %.2f%%" % (epoch + 1, 100.0 * hits / len(test_set)))
