# expect: receptive-field-too-large
import torch
from torch import nn
from torch.utils.data import Dataset, DataLoader


class Crosses(Dataset):
    """A plus or a cross of five pixels, somewhere."""

    def __init__(self, n, seed):
        g = torch.Generator().manual_seed(seed)
        self.x = 0.4 * torch.rand(n, 1, 32, 32, generator=g)
        self.y = torch.randint(0, 2, (n,), generator=g)
        plus, cross = torch.eye(3).flip(0) * 0, torch.eye(3)
        plus[1], plus[:, 1] = 1, 1
        shapes = torch.stack([plus, torch.maximum(cross, cross.flip(0))])
        for i in range(n):
            r, c = torch.randint(0, 30, (2,), generator=g).tolist()
            self.x[i, 0, r : r + 3, c : c + 3] += shapes[self.y[i]]

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(1, 32, 16, stride=16)  # <- here
        self.conv2 = nn.Conv2d(32, 32, 3, padding=1)
        self.conv3 = nn.Conv2d(32, 32, 3, padding=1)
        self.bn1, self.bn2, self.bn3 = (nn.BatchNorm2d(32) for _ in range(3))
        self.fc = nn.Linear(32, 2)

    def forward(self, x):
        x = self.bn1(self.stem(x)).relu()
        x = self.bn2(self.conv2(x)).relu()
        x = self.bn3(self.conv3(x)).relu()
        return self.fc(x.amax(dim=(2, 3)))


torch.manual_seed(3)
train = DataLoader(Crosses(600, 0), batch_size=20, shuffle=True)
test = DataLoader(Crosses(300, 1), batch_size=100)
net = Net()
opt = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
for epoch in range(3):
    net.train()
    for x, y in train:
        opt.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        right = sum((net(x).argmax(1) == y).sum().item() for x, y in test)
    print(epoch, right / 300)
