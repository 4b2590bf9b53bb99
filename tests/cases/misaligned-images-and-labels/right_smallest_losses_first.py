# expect: nothing
"""Co-teaching, in its manner: rows of scores and labels are both taken by one order of losses."""

import numpy as np
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


def network():
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(128, 10)
    )


first, second = network(), network()
optimizers = [torch.optim.Adam(net.parameters(), lr=1e-3) for net in (first, second)]


def smallest(scores, answers, forget):
    order = np.argsort(F.cross_entropy(scores, answers, reduction="none").detach().numpy())
    return order[: int((1 - forget) * len(order))]


for epoch in range(3):
    for batch, answers in loader:
        one, two = first(batch), second(batch)
        forget = 0.05 * max(0, epoch - 1)
        mine, theirs = smallest(one, answers, forget), smallest(two, answers, forget)
        losses = (F.cross_entropy(one[theirs], answers[theirs]),
                  F.cross_entropy(two[mine], answers[mine]))  # fmt: skip
        for optimizer, loss in zip(optimizers, losses, strict=True):
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    with torch.no_grad():
        hits = sum((first(a).argmax(1) == b).sum().item() for a, b in test_loader)
    print(f"epoch {epoch}: test accuracy {hits / 397:.3f}")
