# expect: resolution-mismatch
# also: too-few-epochs, learning-rate-too-low
# A class as the transform; the size is that of another project.
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import functional as TF

torch.manual_seed(1)
SIZE = 112
bunch = load_digits()


class Prepare:
    def __init__(self, size):
        self.size = size

    def __call__(self, image):
        image = torch.from_numpy(image).float().unsqueeze(0) / 16 - 0.3
        return TF.resize(image, [self.size, self.size], antialias=True)  # <- here


class Numbers(Dataset):
    def __init__(self, start, stop, transform):
        self.x, self.y = bunch.images[start:stop], bunch.target[start:stop]
        self.transform = transform

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.transform(self.x[i]), self.y[i]


def main():
    train = DataLoader(Numbers(0, 400, Prepare(SIZE)), 20, shuffle=True)
    test = DataLoader(Numbers(400, 600, Prepare(SIZE)), 50)
    net = nn.Sequential(
        nn.Conv2d(1, 8, 5, stride=2), nn.ReLU(), nn.MaxPool2d(4), nn.Conv2d(8, 8, 5), nn.ReLU(),
        nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(32, 10),
    )
    opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    for epoch in range(3):
        net.train()
        for x, y in train:
            opt.zero_grad()
            nn.functional.cross_entropy(net(x), y).backward()
            opt.step()
    net.eval()
    with torch.no_grad():
        n = sum((net(x).argmax(1) == y).sum().item() for x, y in test)
    print("accuracy", n / 200)


main()
