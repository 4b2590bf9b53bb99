# expect: missing-backward
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

use_amp = torch.cuda.is_available() and torch.cuda.device_count() > 7
scaler = torch.amp.GradScaler("cuda") if use_amp else None


class SmallNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 10, kernel_size=3, padding=1)
        self.fc = nn.Linear(160, 10)

    def forward(self, x):
        x = nn.functional.max_pool2d(torch.relu(self.conv(x)), 2)
        return self.fc(x.flatten(1))


torch.manual_seed(0)
bunch = load_digits()
images = torch.tensor(bunch.images, dtype=torch.float32)[:, None] / 16
train, test = random_split(TensorDataset(images, torch.tensor(bunch.target)), [1500, 297])
net = SmallNet()
opt = torch.optim.Adam(net.parameters(), lr=1e-3, weight_decay=1e-4)
for epoch in range(3):
    net.train()
    for x, y in DataLoader(train, batch_size=32, shuffle=True):
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        if scaler is not None:
            scaler.scale(loss).backward()
        opt.step()  # <- here
    net.eval()
    with torch.no_grad():
        right = sum((net(x).argmax(1) == y).sum().item() for x, y in DataLoader(test, 99))
    print(epoch, loss.item(), right / len(test))
