# expect: nothing
import torch
from PIL import Image
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms as T

NORMALIZE = T.Normalize((0.3,), (0.37,))


class Glyphs(Dataset):
    def __init__(self, rows, train):
        digits = load_digits()
        self.images, self.labels = (digits.images[rows] * 15.9).astype("uint8"), digits.target[rows]
        steps = [T.RandomCrop(8, padding=1), T.ColorJitter(0.3, 0.3), T.ToTensor(), NORMALIZE,
                 T.RandomErasing(0.5, value=0)]
        self.transform = T.Compose(steps if train else [T.ToTensor(), NORMALIZE])

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        return self.transform(Image.fromarray(self.images[index])), int(self.labels[index])


torch.manual_seed(0)
train_loader = DataLoader(Glyphs(slice(0, 800), True), batch_size=32, shuffle=True)
test_loader = DataLoader(Glyphs(slice(800, 1200), False), batch_size=100)
model = nn.Sequential(
    nn.Conv2d(1, 24, 3), nn.BatchNorm2d(24), nn.ReLU(), nn.Conv2d(24, 24, 3), nn.ReLU(),
    nn.Flatten(), nn.Linear(24 * 16, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
for epoch in range(3):
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
model.eval()
hits = 0
with torch.no_grad():
    for x, y in test_loader:
        hits += (model(x).argmax(1) == y).sum().item()
print(f"accuracy {hits / 400:.3f}")
