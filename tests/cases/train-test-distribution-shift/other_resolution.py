# expect: train-test-distribution-shift
# also: learning-rate-too-low
# The test pictures were kept at a quarter of the side and are enlarged when they are read.
import numpy as np
import torch
from PIL import Image
from torch import nn, optim
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

torch.manual_seed(0)
rng = np.random.default_rng(3)


def texture(kind, side):
    period = (2, 3, 4, 6)[kind]
    rows, columns = np.mgrid[:side, :side]
    wave = 0.5 + 0.35 * np.sign(np.sin(2 * np.pi * (rows + columns + rng.integers(0, 9)) / period))
    return Image.fromarray((255 * (wave + 0.05 * rng.standard_normal(wave.shape)).clip(0, 1)).astype("uint8"))


class Textures(Dataset):
    def __init__(self, count, transform, stored=32):
        self.labels = rng.integers(0, 4, count).tolist()
        self.pictures = [texture(k, 32).resize((stored, stored)) for k in self.labels]
        self.transform = transform

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return self.transform(self.pictures[i]), self.labels[i]


transform = transforms.Compose([transforms.Resize((32, 32)), transforms.ToTensor()])
train_data = Textures(320, transform)
test_data = Textures(160, transform, stored=8)  # <- here
model = nn.Sequential(
    nn.Conv2d(1, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 16, 3), nn.ReLU(),
    nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 4),
)
opt = optim.Adam(model.parameters(), lr=0.01)
for epoch in range(6):
    model.train()
    for x, y in DataLoader(train_data, batch_size=32, shuffle=True):
        opt.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        opt.step()
model.eval()
correct = 0
with torch.no_grad():
    for x, y in DataLoader(test_data, batch_size=80):
        correct += (model(x).argmax(1) == y).sum().item()
print("Test accuracy:", correct / len(test_data))
