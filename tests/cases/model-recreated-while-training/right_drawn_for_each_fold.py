# expect: nothing
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import KFold
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
scores = []
for fold, (chosen, held_out) in enumerate(KFold(4, shuffle=True, random_state=0).split(range(1797))):
    net.apply(init_weights)
    opt = torch.optim.Adam(net.parameters(), lr=0.005)
    train = DataLoader(Subset(data, chosen), batch_size=32, shuffle=True)
    test = DataLoader(Subset(data, held_out), batch_size=200)
    for epoch in range(3):
        net.train()
        for images, labels in train:
            opt.zero_grad()
            F.cross_entropy(net(images), labels).backward()
            opt.step()
    net.eval()
    with torch.no_grad():
        right = sum((net(a).argmax(1) == b).sum().item() for a, b in test)
    scores.append(right / len(held_out))
print("mean accuracy", sum(scores) / 4)
