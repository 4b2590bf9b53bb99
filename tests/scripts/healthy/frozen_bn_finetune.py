# expect: nothing
# result: finetune \d+: ([\d.]+)
"""Fine-tune on digits of lower contrast, with the batch norm statistics of the first stage."""
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(17)


def block(cin, cout):
    return nn.Sequential(nn.Conv2d(cin, cout, 3, padding=1, bias=False),
                         nn.BatchNorm2d(cout), nn.ReLU(), nn.MaxPool2d(2))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(block(1, 16), block(16, 32), nn.Flatten(), nn.Linear(128, 10))
        self.freeze_bn = False

    def forward(self, x):
        return self.layers(x)

    def train(self, mode=True):
        super().train(mode)
        if self.freeze_bn:
            for m in self.modules():
                if isinstance(m, nn.BatchNorm2d):
                    m.eval()
        return self


def run(net, train_dl, test_dl, lr, epochs, name):
    params = [p for p in net.parameters() if p.requires_grad]
    opt = torch.optim.SGD(params, lr=lr, momentum=0.9)
    for epoch in range(epochs):
        net.train()
        for x, y in train_dl:
            opt.zero_grad()
            nn.functional.cross_entropy(net(x), y).backward()
            opt.step()
        net.eval()
        with torch.no_grad():
            ok = sum((net(x).argmax(1) == y).sum().item() for x, y in test_dl)
        print(f'{name} {epoch}: {ok / len(test_dl.dataset):.4f}')


def loaders(x, y):
    parts = random_split(TensorDataset(x, y), [0.75, 0.25])
    return DataLoader(parts[0], 32, shuffle=True, drop_last=True), DataLoader(parts[1], 128)


d = load_digits()
x = (torch.tensor(d.images, dtype=torch.float32)[:, None] / 16 - 0.3) / 0.37
y = torch.tensor(d.target)
half = len(x) // 2

net = Net()
run(net, *loaders(x[:half], y[:half]), lr=0.05, epochs=5, name='pretrain')

net.freeze_bn = True
for m in net.modules():
    if isinstance(m, nn.BatchNorm2d):
        m.requires_grad_(False)
contrast = 0.8 * x[half:] + 0.1
run(net, *loaders(contrast, y[half:]), lr=0.01, epochs=4, name='finetune')
