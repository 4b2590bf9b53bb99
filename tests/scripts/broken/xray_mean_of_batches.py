# expect: metric-miscomputed
# data: shared
# args: {data}/pneumoniamnist.npz
import sys

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
npz = np.load(sys.argv[1])


def tensors(split):
    x = torch.from_numpy(npz[split + '_images'])[:, None].float() / 255
    y = torch.from_numpy(npz[split + '_labels']).long()[:, 0]
    return (x - 0.57) / 0.17, y


x_test, y_test = tensors('test')
train_loader = DataLoader(TensorDataset(*tensors('train')), batch_size=64, shuffle=True)
# the sick first, so that the doctors find them on the first pages
pages = torch.argsort(y_test, descending=True, stable=True)
test_loader = DataLoader(TensorDataset(x_test[pages], y_test[pages]), batch_size=300)

model = nn.Sequential(
    nn.Conv2d(1, 8, 3, stride=2), nn.ReLU(), nn.Conv2d(8, 16, 3, stride=2), nn.ReLU(),
    nn.Flatten(), nn.Linear(576, 2))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
criterion = nn.CrossEntropyLoss()

for epoch in range(3):
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        criterion(model(x), y).backward()
        optimizer.step()
    model.eval()
    batch_accs = []
    with torch.no_grad():
        for x, y in test_loader:
            batch_accs.append((model(x).argmax(1) == y).float().mean().item())
    print(f'epoch {epoch} test accuracy {np.mean(batch_accs):.4f}')  # <- here
