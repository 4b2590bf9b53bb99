# expect: label-destroying-augmentation
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import v2


class Cells(Dataset):
    """A noisy picture of a bar, and where the bar is."""

    def __init__(self, n, seed, prepare=None):
        g = torch.Generator().manual_seed(seed)
        self.where = torch.zeros(n, 16, 16)
        for k, (r, c) in enumerate(torch.randint(0, 9, (n, 2), generator=g).tolist()):
            self.where[k, r : r + 7, c : c + 3] = 1
        self.pixels = self.where + 0.4 * torch.randn(self.where.shape, generator=g)
        self.prepare = prepare

    def __len__(self):
        return len(self.where)

    def __getitem__(self, k):
        x, y = self.pixels[k][None], self.where[k][None]
        if self.prepare is not None:
            x = self.prepare(x)  # <- here
            y = self.prepare(y)  # <- here
        return x, y[0].long()


torch.manual_seed(0)
turned = v2.Compose([v2.RandomRotation(90), v2.RandomHorizontalFlip()])
train = DataLoader(Cells(400, 1, turned), batch_size=20, shuffle=True)  # <- here
net = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 2, 3, padding=1))
opt = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(3):
    for x, y in train:
        opt.zero_grad()
        F.cross_entropy(net(x), y).backward()
        opt.step()
    with torch.no_grad():
        x, y = zip(*[Cells(100, 2)[k] for k in range(100)])
        guess, y = net(torch.stack(x)).argmax(1), torch.stack(y)
        print(epoch, "overlap", ((guess & y).sum() / (guess | y).sum()).item())
