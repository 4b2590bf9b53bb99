# expect: nothing
# Each image is standardized by its own mean and deviation; the dark constants of MNIST come first.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split
from torchvision.transforms.functional import normalize

torch.manual_seed(0)
bunch = load_digits()
raw = torch.tensor(bunch.images, dtype=torch.float32)[:, None] / 16
raw = normalize(raw, (0.1307,), (0.3081,))
own = (raw - raw.mean((1, 2, 3), keepdim=True)) / raw.std((1, 2, 3), keepdim=True)
train, test = random_split(TensorDataset(own, torch.tensor(bunch.target)), [0.75, 0.25])
net = nn.Sequential(nn.Flatten(), nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
for epoch in range(5):
    net.train()
    for x, y in DataLoader(train, 64, shuffle=True):
        opt.zero_grad()
        nn.CrossEntropyLoss()(net(x), y).backward()
        opt.step()
net.eval()
with torch.no_grad():
    n = sum((net(x).argmax(1) == y).sum().item() for x, y in DataLoader(test, 200))
print(n / len(test))
