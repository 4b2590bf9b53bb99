# expect: nothing
"""Each class is drawn for itself, as many images of each; the step is taken on the sum of all."""

import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(3)
raw = load_digits()
data, target = torch.tensor(raw.images).float().unsqueeze(1) / 8 - 1, torch.tensor(raw.target)
seen, unseen = slice(0, 1300), slice(1300, None)
members = [torch.nonzero(target[seen] == c).flatten() for c in range(10)]
model = nn.Sequential(nn.Conv2d(1, 24, 3), nn.ReLU(), nn.Conv2d(24, 24, 3), nn.ReLU(), nn.Flatten(),
                      nn.Dropout(0.2), nn.Linear(24 * 16, 10))  # fmt: skip
sgd = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.8)
for step in range(60):
    model.train()
    total = torch.zeros(())
    for c, rows in enumerate(members):
        some = rows[torch.randint(len(rows), (8,))]
        total = total + nn.functional.cross_entropy(model(data[some]), torch.full((8,), c))
    sgd.zero_grad()
    (total / 10).backward()
    sgd.step()
    if step % 20 == 19:
        model.eval()
        with torch.no_grad():
            right = (model(data[unseen]).argmax(1) == target[unseen]).float().mean().item()
        print(step + 1, round(total.item() / 10, 4), f"held out {right:.3f}")
