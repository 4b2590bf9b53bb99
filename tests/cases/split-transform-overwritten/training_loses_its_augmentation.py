# expect: split-transform-overwritten
# A helper sets the transform of a part; the parent was built with the training transform.
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset, Subset
from torchvision.transforms import v2


class Shapes(Dataset):
    def __init__(self, n, transform):
        g = torch.Generator().manual_seed(1)
        self.labels = torch.randint(0, 4, (n,), generator=g)
        self.images = 0.3 * torch.randn(n, 3, 12, 12, generator=g)
        for i, c in enumerate(self.labels.tolist()):
            self.images[i, c % 3, 3 * c : 3 * c + 3] += 1.5
        self.transform = transform

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        image = self.images[index]
        if self.transform is not None:
            image = self.transform(image)
        return image, int(self.labels[index])


def use(part, transform):
    part.dataset.transform = transform  # <- here


class Trainer:
    def __init__(self, net, lr):
        self.net = net
        self.opt = torch.optim.SGD(net.parameters(), lr=lr, momentum=0.9)
        self.loss = nn.CrossEntropyLoss()

    def fit(self, loader):
        self.net.train()
        for x, y in loader:
            self.opt.zero_grad()
            self.loss(self.net(x), y).backward()
            self.opt.step()

    @torch.no_grad()
    def score(self, loader):
        self.net.eval()
        hits = [(self.net(x).argmax(1) == y).float().sum().item() for x, y in loader]
        return sum(hits) / len(loader.dataset)


torch.manual_seed(3)
augmenting = v2.Compose([v2.RandomHorizontalFlip(), v2.ColorJitter(brightness=0.2)])
everything = Shapes(600, transform=augmenting)
order = torch.randperm(600).tolist()
train, val = Subset(everything, order[:480]), Subset(everything, order[480:])
use(val, v2.Identity())
trainer = Trainer(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(800, 4)), 0.02)
train_dl = DataLoader(train, batch_size=40, shuffle=True)
val_dl = DataLoader(val, batch_size=60)
for epoch in range(4):
    trainer.fit(train_dl)
    print(epoch, "val acc", trainer.score(val_dl))
