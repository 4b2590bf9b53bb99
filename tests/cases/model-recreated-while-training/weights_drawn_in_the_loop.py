# expect: model-recreated-while-training
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Subset, TensorDataset

torch.manual_seed(0)
raw = load_digits()
data = TensorDataset(torch.tensor(raw.images).float()[:, None] / 16, torch.tensor(raw.target))


def init_weights(module):
    if isinstance(module, (nn.Conv2d, nn.Linear)):
        nn.init.kaiming_normal_(module.weight)
        nn.init.zeros_(module.bias)


net = nn.Sequential(
    nn.Conv2d(1, 12, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(108, 32), nn.ReLU(),
    nn.Linear(32, 10),
)
opt = torch.optim.SGD(net.parameters(), lr=0.02)
train = DataLoader(Subset(data, range(1400)), batch_size=50, shuffle=True)
test = DataLoader(Subset(data, range(1400, 1797)), batch_size=200)
for epoch in range(5):
    net.train()
    net.apply(init_weights)  # <- here
    for images, labels in train:
        opt.zero_grad()
        F.cross_entropy(net(images), labels).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        right = sum((net(a).argmax(1) == b).sum().item() for a, b in test)
    print("epoch", epoch, "accuracy", right / 397)
