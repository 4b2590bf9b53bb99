# expect: nothing
# The augmentation is switched off by its probability, and the network does well.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

digits = load_digits()


class Digits(Dataset):
    def __init__(self, rows, transform=None):
        self.x = torch.tensor(digits.images[rows] / 16, dtype=torch.float32).unsqueeze(1)
        self.y, self.transform = digits.target[rows].tolist(), transform

    def __len__(self):
        return len(self.y)

    def __getitem__(self, index):
        image = self.x[index]
        return (self.transform(image) if self.transform else image), self.y[index]


torch.manual_seed(0)
varied = transforms.Compose([transforms.RandomHorizontalFlip(p=0.0), transforms.RandomErasing(p=0.0)])
train = DataLoader(Digits(slice(0, 1000), varied), batch_size=50, shuffle=True)
test = DataLoader(Digits(slice(1000, None)), batch_size=200)
net = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 36, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(4):
    net.train()
    for x, y in train:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        right = sum((net(x).argmax(1) == y).sum().item() for x, y in test)
    print(f"epoch {epoch} test accuracy {right / 797:.3f}")
