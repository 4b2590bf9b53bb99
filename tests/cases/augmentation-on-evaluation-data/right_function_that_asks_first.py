# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import RandomCrop

torch.manual_seed(0)


class Digits(Dataset):
    def __init__(self, rows, learning):
        found = load_digits()
        self.images = torch.tensor(found.images, dtype=torch.float32)[rows, None] / 16
        self.labels = torch.tensor(found.target)[rows]
        self.moved = RandomCrop(8, padding=1)
        self.learning = learning
        self.transform = self.prepared

    def prepared(self, image):
        return self.moved(image) if self.learning else image

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        return self.transform(self.images[index]), self.labels[index]


seen, unseen = Digits(range(1400), True), Digits(range(1400, 1797), False)
net = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(3):
    for images, labels in DataLoader(seen, batch_size=50, shuffle=True):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(images), labels).backward()
        optimizer.step()
    right = 0
    with torch.no_grad():
        for images, labels in DataLoader(unseen, batch_size=100):
            right += (net(images).argmax(1) == labels).sum().item()
    print(epoch, right / len(unseen))
