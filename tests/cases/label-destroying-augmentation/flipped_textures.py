# expect: nothing
# Things that keep their name in a mirror: crosses, rings, squares at random places.
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import v2


def thing(kind):
    image = torch.zeros(5, 5)
    if kind == 0:
        image[2, :] = image[:, 2] = 1
    elif kind == 1:
        image[:] = 1
        image[1:4, 1:4] = 0
    elif kind == 2:
        image[:] = 1
    return image


class Things(Dataset):
    def __init__(self, n, seed, transform=None):
        g = torch.Generator().manual_seed(seed)
        self.y = torch.randint(0, 3, (n,), generator=g)
        self.x = 0.1 * torch.randn(n, 1, 14, 14, generator=g)
        for i, (r, c) in enumerate(torch.randint(0, 9, (n, 2), generator=g).tolist()):
            self.x[i, 0, r : r + 5, c : c + 5] += thing(int(self.y[i]))
        self.transform = transform

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return (self.transform(self.x[i]) if self.transform else self.x[i]), self.y[i]


torch.manual_seed(0)
flips = v2.Compose([v2.RandomHorizontalFlip(), v2.RandomVerticalFlip()])
train, test = DataLoader(Things(900, 1, flips), 50, shuffle=True), DataLoader(Things(300, 2), 100)
net = nn.Sequential(
    nn.Conv2d(1, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(400, 3)
)
opt = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(5):
    net.train()
    for x, y in train:
        opt.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        print(epoch, sum((net(x).argmax(1) == y).sum().item() for x, y in test) / 300)
