# expect: nothing
# Neither edges nor brightness tell the mask from the ground: a checkered against a random pattern.
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

rng = np.random.default_rng(0)
yy, xx = np.mgrid[:24, :24]


class Scans(Dataset):
    def __init__(self, n):
        self.images, self.masks = [], []
        for _ in range(n):
            (a, b), r = rng.integers(6, 18, 2), rng.integers(3, 6)
            mask = (yy - a) ** 2 + (xx - b) ** 2 <= r * r
            checks = np.where((yy + xx) % 2, 1.0, -1.0) * rng.choice([-1, 1])
            image = np.where(mask, checks, rng.choice([-1.0, 1.0], (24, 24)))
            self.images.append(image.astype("float32"))
            self.masks.append(mask)

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        return torch.from_numpy(self.images[i])[None], torch.from_numpy(self.masks[i])[None].float()


torch.manual_seed(0)
train, test = Scans(240), Scans(60)
net = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(),
    nn.Conv2d(16, 16, 3, padding=2, dilation=2), nn.BatchNorm2d(16), nn.ReLU(),
    nn.Conv2d(16, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 1, 1),
)
optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
for epoch in range(8):
    net.train()
    for image, mask in DataLoader(train, batch_size=16, shuffle=True):
        loss = F.binary_cross_entropy_with_logits(net(image), mask)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    net.eval()
    both = either = 0
    with torch.no_grad():
        for image, mask in DataLoader(test, batch_size=60):
            said, true = net(image) > 0, mask > 0.5
            both, either = both + (said & true).sum().item(), either + (said | true).sum().item()
    print(f"epoch {epoch} loss {loss.item():.3f} IoU {both / either:.3f}")
