# expect: batchnorm-statistics-stale
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(0)


class ConvNet(nn.Module):
    def __init__(self):
        super(ConvNet, self).__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 16, 3, padding=1)
        self.conv3 = nn.Conv2d(16, 16, 3, padding=1)
        self.bn = nn.BatchNorm2d(16)  # <- here
        self.fc = nn.Linear(16 * 16, 10)

    def forward(self, x):
        x = F.relu(self.bn(self.conv1(x)))
        x = F.max_pool2d(F.relu(self.bn(self.conv2(x * 4))), 2)
        x = F.relu(self.bn(self.conv3(x * 8)))
        return self.fc(x.flatten(1))


d = load_digits()
x, y = torch.tensor(d.images, dtype=torch.float32).unsqueeze(1) / 16, torch.tensor(d.target)
order = torch.randperm(len(x))
train, test = order[:1300], order[1300:]
model = ConvNet()
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(6):
    model.train()
    for b in train[torch.randperm(1300)].split(50):
        opt.zero_grad()
        F.cross_entropy(model(x[b]), y[b]).backward()
        opt.step()
    model.eval()
    with torch.no_grad():
        print('epoch', epoch, 'val', (model(x[test]).argmax(1) == y[test]).float().mean().item())
