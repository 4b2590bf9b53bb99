# expect: nothing
"""A head learns from the maps of a frozen network: the corner of each is the same for all."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
digits = load_digits()
data = TensorDataset(
    torch.tensor(digits.images[:, None] / 16, dtype=torch.float32), torch.tensor(digits.target)
)
train_set, test_set = random_split(data, [1400, 397])
loader = DataLoader(train_set, batch_size=64, shuffle=True)
body = nn.Sequential(
    nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 64, 3, stride=2, padding=1),
    nn.ReLU(), nn.Flatten(),
)  # fmt: skip
body.requires_grad_(False).eval()
head = nn.Linear(64 * 16, 10)
optimizer = torch.optim.Adam(head.parameters(), lr=5e-3)
for epoch in range(5):
    for images, labels in loader:
        loss = F.cross_entropy(head(body(images)), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        hits = sum(
            (head(body(a)).argmax(1) == b).sum().item() for a, b in DataLoader(test_set, 200)
        )
    print(f"epoch {epoch}: test accuracy {hits / 397:.3f}")
