# expect: train-test-leakage
import numpy as np
import torch
from sklearn import datasets
from sklearn.model_selection import train_test_split
from torch import nn

torch.manual_seed(0)
raw = datasets.load_digits()
images = (raw.images[:, None] / 16).astype(np.float32)
rest, test, rest_y, test_y = train_test_split(images, raw.target, test_size=0.3, random_state=1)
train, val, train_y, val_y = train_test_split(images, raw.target, test_size=0.2, random_state=2)  # <- here
train, val, test = map(torch.from_numpy, (train, val, test))
train_y, val_y, test_y = map(torch.from_numpy, (train_y, val_y, test_y))

net = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
opt = torch.optim.Adam(net.parameters(), 2e-3)


def batches(x, y, size, mixed=False):
    data = torch.utils.data.TensorDataset(x, y)
    return torch.utils.data.DataLoader(data, size, shuffle=mixed)


fit, check, final = batches(train, train_y, 32, True), batches(val, val_y, 100), batches(test, test_y, 100)


def share(part):
    with torch.no_grad():
        return sum((net(a).argmax(1) == b).sum().item() for a, b in part) / len(part.dataset)


for epoch in range(6):
    for a, b in fit:
        opt.zero_grad()
        nn.functional.cross_entropy(net(a), b).backward()
        opt.step()
    print(epoch, 'validation', share(check))
print('test', share(final))
