# expect: nothing
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Shapes(Dataset):
    """Discs of three kinds (1, 2, 3) on background (0), drawn at 48 and used at 24 pixels."""

    def __init__(self, n, seed):
        g = torch.Generator().manual_seed(seed)
        r, c = torch.meshgrid(torch.arange(48), torch.arange(48), indexing="ij")
        self.masks = torch.zeros(n, 48, 48)
        for k, (y, x, s) in enumerate(torch.randint(10, 38, (n, 3), generator=g).tolist()):
            disc = (r - y) ** 2 + (c - x) ** 2 < (s // 3 + 3) ** 2
            self.masks[k][disc] = 1 + k % 3
        self.images = self.masks / 3 + 0.1 * torch.randn(self.masks.shape, generator=g)

    def __len__(self):
        return len(self.masks)

    def __getitem__(self, k):
        image, mask = self.images[k][None, None], self.masks[k][None, None]
        image = F.interpolate(image, 24, mode="bilinear")[0]
        mask = F.interpolate(mask, 24, mode="nearest")[0, 0]
        return image, mask.round().long()


torch.manual_seed(0)
net = nn.Sequential(nn.Conv2d(1, 12, 3, padding=1), nn.ReLU(), nn.Conv2d(12, 4, 3, padding=1))
opt = torch.optim.Adam(net.parameters(), lr=0.01)
train = DataLoader(Shapes(300, 1), batch_size=20, shuffle=True)
for epoch in range(3):
    for image, mask in train:
        opt.zero_grad()
        F.cross_entropy(net(image), mask).backward()
        opt.step()
with torch.no_grad():
    right = [(net(i).argmax(1) == m).float().mean() for i, m in DataLoader(Shapes(60, 2), 20)]
    print("pixels right", torch.stack(right).mean().item())
