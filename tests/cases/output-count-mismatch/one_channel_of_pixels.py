# expect: output-count-mismatch
# A softmax over the one channel is 1 everywhere, and its loss 0.
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
            image = rng.normal(0, 0.6, (24, 24)) + 1.5 * mask
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
    nn.Conv2d(16, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 1, 1),  # <- here
)
optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
for epoch in range(3):
    net.train()
    for image, mask in DataLoader(train, batch_size=16, shuffle=True):
        loss = F.cross_entropy(net(image), mask)
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
