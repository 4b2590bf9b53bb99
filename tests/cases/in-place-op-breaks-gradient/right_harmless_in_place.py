# expect: nothing
# In-place operations where nothing else needs the old values.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        out = self.norm(self.conv(x))
        out += x
        return self.relu(out)


torch.manual_seed(0)
digits = load_digits()
data = TensorDataset(
    torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16, torch.tensor(digits.target)
)
train_set, test_set = random_split(data, [1400, 397])
net = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(inplace=True), Block(16), nn.MaxPool2d(2),
    nn.Flatten(), nn.Dropout(0.1, inplace=True), nn.Linear(256, 10),
)
optimizer = torch.optim.Adam(net.parameters(), lr=0.003)
for epoch in range(4):
    net.train()
    running = 0.0
    for x, y in DataLoader(train_set, batch_size=64, shuffle=True):
        loss = nn.functional.cross_entropy(net(x), y)
        loss += 1e-4 * sum(p.square().sum() for p in net.parameters())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        running += loss.item()
    net.eval()
    with torch.no_grad():
        hits = sum((net(x).argmax(1) == y).sum().item() for x, y in DataLoader(test_set, 128))
    print(epoch, running, hits / len(test_set))
