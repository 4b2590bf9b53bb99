# expect: misaligned-images-and-labels
"""The scores are put into the order of their losses, the labels are not."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.images[:, None] / 16, dtype=torch.float32)
labels = torch.tensor(digits.target)
loader = DataLoader(TensorDataset(images[:1400], labels[:1400]), batch_size=64, shuffle=True)
test_loader = DataLoader(TensorDataset(images[1400:], labels[1400:]), batch_size=100)
net = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten(),
    nn.Linear(256, 10),
)  # fmt: skip
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(4):
    for batch, answers in loader:
        scores = net(batch)
        each = F.cross_entropy(scores, answers, reduction="none").detach()
        order = each.argsort()
        loss = F.cross_entropy(scores[order], answers)  # <- here
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        hits = sum((net(a).argmax(1) == b).sum().item() for a, b in test_loader)
    print(f"epoch {epoch}: test accuracy {hits / 397:.3f}")
