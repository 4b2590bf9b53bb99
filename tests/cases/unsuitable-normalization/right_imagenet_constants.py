# expect: nothing
# ImageNet's constants on grey digits made RGB, as for a pretrained network.
import numpy as np
import torch
from PIL import Image
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

torch.manual_seed(0)
d = load_digits()
tf = transforms.Compose(
    [
        transforms.Grayscale(num_output_channels=3),
        transforms.ToTensor(),
        transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    ]
)


class DigitSet(Dataset):
    def __init__(self, rows, transform=None):
        self.rows, self.transform = rows, transform

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, k):
        i = self.rows[k]
        image = Image.fromarray((d.images[i] * 15.9).astype(np.uint8))
        return self.transform(image), d.target[i]


rows = np.random.default_rng(0).permutation(len(d.target))
train, test = DigitSet(rows[:1000], tf), DigitSet(rows[1000:1300], tf)
net = nn.Sequential(nn.Conv2d(3, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 36, 10))
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(3):
    net.train()
    for x, y in DataLoader(train, 32, shuffle=True):
        opt.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        opt.step()
net.eval()
with torch.no_grad():
    good = sum((net(x).argmax(1) == y).sum().item() for x, y in DataLoader(test, 100))
print("test accuracy", good / len(test))
