# expect: metric-miscomputed
import numpy as np
import torch
from torch import nn

torch.manual_seed(0)


def make_parts(n, seed):
    rng = np.random.RandomState(seed)
    images = rng.normal(0, 0.25, (n, 1, 16, 16)).astype(np.float32)
    parts = np.zeros((n, 16, 16), dtype=np.int64)
    for i in range(n):
        a, b = rng.randint(3, 7), rng.randint(9, 13)
        parts[i, a:b], parts[i, b:] = 1, 2
        images[i, 0] += parts[i] - 1.0
    return torch.from_numpy(images), torch.from_numpy(parts)


def compute_iou(score, target, classes):
    predicted = score.argmax(1)
    ious = []
    for part in range(classes):
        gt, predict = target == part, predicted == part
        intersection = (gt + predict) == 2  # <- here
        union = (gt + predict) >= 1
        ious.append(intersection.sum().item() / max(1, union.sum().item()))
    return float(np.mean(ious))


x, y = make_parts(64, 0)
x_test, y_test = make_parts(30, 1)
net = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 3, 1))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
for epoch in range(5):
    net.train()
    for rows in torch.randperm(64).split(8):
        optimizer.zero_grad()
        criterion(net(x[rows]), y[rows]).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        loss, iou = 0.0, 0.0
        for rows in torch.arange(30).split(10):
            score = net(x_test[rows])
            loss += criterion(score, y_test[rows]).item() / 3
            iou += compute_iou(score, y_test[rows], 3) / 3
    print(f"epoch {epoch}: test loss {loss:.4f}, iou {iou:.4f}")
