# expect: pixels-scrambled-by-reshape
# A small segmentation: scores [N, C, H, W] are viewed as rows of C numbers.
import torch
from torch import nn

torch.manual_seed(0)


def scenes(n):
    x = 0.1 * torch.randn(n, 1, 16, 16)
    mask = torch.zeros(n, 16, 16, dtype=torch.long)
    for i in range(n):
        r, c = torch.randint(0, 10, (2,)).tolist()
        mask[i, r : r + 6, c : c + 6] = 1
        mask[i, c : c + 3, r : r + 3] = 2
    return x + mask[:, None] * 0.6 - 0.3, mask


images, masks = scenes(300)
net = nn.Sequential(
    nn.Conv2d(1, 12, 3, padding=1), nn.ReLU(), nn.Conv2d(12, 12, 3, padding=1), nn.ReLU(),
    nn.Conv2d(12, 3, 1),
)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
for epoch in range(3):
    for rows in torch.randperm(240).split(24):
        scores = net(images[rows])
        loss = criterion(scores.view(-1, 3), masks[rows].view(-1))  # <- here
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        right = (net(images[240:]).argmax(1) == masks[240:]).float().mean()
    print(f"epoch {epoch}: {right:.3f} of the pixels right")
