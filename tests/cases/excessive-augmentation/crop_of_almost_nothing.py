# expect: excessive-augmentation
# also: degenerate-images, unsuitable-normalization
import torch
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import v2


class DigitSet(Dataset):
    def __init__(self, images, labels, transform=None):
        self.images, self.labels, self.transform = images, labels, transform

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        image = self.images[i]
        return (self.transform(image) if self.transform else image), self.labels[i]


def main():
    torch.manual_seed(3)
    bunch = load_digits()
    images = torch.tensor(bunch.images, dtype=torch.float32)[:, None] / 16
    labels = torch.tensor(bunch.target)
    strong = v2.Compose([  # <- here
        v2.RandomResizedCrop(8, scale=(0.02, 0.06)),
        v2.ColorJitter(brightness=0.8, contrast=0.8),
    ])
    train = DataLoader(DigitSet(images[:1400], labels[:1400], strong), 50, shuffle=True)
    test = DataLoader(DigitSet(images[1400:], labels[1400:]), 100)
    net = torch.nn.Sequential(
        torch.nn.Conv2d(1, 16, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(576, 10)
    )
    opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    for epoch in range(3):
        net.train()
        for x, y in train:
            opt.zero_grad()
            torch.nn.functional.cross_entropy(net(x), y).backward()
            opt.step()
        net.eval()
        with torch.no_grad():
            right = sum((net(x).argmax(1) == y).sum().item() for x, y in test)
        print(epoch, right / 397)


main()
