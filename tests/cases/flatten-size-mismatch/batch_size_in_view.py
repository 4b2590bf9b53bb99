# expect: flatten-size-mismatch
# The batch size is written into the view: the last, smaller batch is folded.
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

BATCH = 64


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3)
        self.fc = nn.Linear(288, 10)

    def forward(self, x):
        x = F.relu(self.conv(x))
        x = x.view(BATCH, -1)  # <- here
        return self.fc(x)


torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
train_set, test_set = random_split(
    TensorDataset(images, torch.tensor(digits.target)), [1400, 397]
)
net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=0.005)
for epoch in range(2):
    net.train()
    for x, y in DataLoader(train_set, batch_size=BATCH, shuffle=True):
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        hits = sum((net(x).argmax(1) == y).sum().item() for x, y in DataLoader(test_set, BATCH))
    print(epoch, hits / len(test_set))
