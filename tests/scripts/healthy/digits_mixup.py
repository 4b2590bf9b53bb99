# expect: nothing
# result: accuracy ([\d.]+)
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, random_split

SEED = 5
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)


def mixup(x, y, num_classes=10, alpha=0.3):
    """Convex combinations of images and of their one-hot targets."""
    lam = float(rng.beta(alpha, alpha))
    perm = torch.randperm(x.size(0))
    y1 = F.one_hot(y, num_classes).float()
    return lam * x + (1 - lam) * x[perm], lam * y1 + (1 - lam) * y1[perm]


bunch = load_digits()
x = torch.tensor(bunch.data, dtype=torch.float32).view(-1, 1, 8, 8)
x = F.interpolate(x, size=(16, 16), mode='bilinear', align_corners=False) / 16
x = (x - 0.5) / 0.5
y = torch.tensor(bunch.target)
train_ds, test_ds = random_split(TensorDataset(x, y), [1400, len(x) - 1400])
train_dl = DataLoader(train_ds, batch_size=50, shuffle=True)
test_dl = DataLoader(test_ds, batch_size=100)

model = nn.Sequential(
    nn.Conv2d(1, 16, 5, padding=2), nn.GELU(), nn.AvgPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1), nn.GELU(), nn.AvgPool2d(2),
    nn.Flatten(), nn.Linear(32 * 16, 10),
)
loss_fn = nn.CrossEntropyLoss(label_smoothing=0.1)
optimizer = torch.optim.NAdam(model.parameters(), lr=3e-3)

for epoch in range(6):
    model.train()
    losses = []
    for xb, yb in train_dl:
        xb, soft = mixup(xb, yb)
        loss = loss_fn(model(xb), soft)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())

    model.eval()
    n_ok, n = 0, 0
    with torch.no_grad():
        for xb, yb in test_dl:
            n_ok += int((model(xb).argmax(1) == yb).sum())
            n += len(yb)
    print('epoch %d  mixup loss %.4f  accuracy %.4f' % (epoch, np.mean(losses), n_ok / n))
