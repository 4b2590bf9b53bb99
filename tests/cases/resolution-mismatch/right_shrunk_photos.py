# expect: nothing
# Large pictures of large shapes: shrunk to a twelfth they still show them.
import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

torch.manual_seed(0)


class Shapes(Dataset):
    def __init__(self, count, seed, transform):
        rng = np.random.default_rng(seed)
        self.transform, self.pictures, self.labels = transform, [], []
        for i in range(count):
            picture = Image.new("L", (144, 144), int(rng.integers(0, 60)))
            r, c = (int(v) for v in rng.integers(5, 60, 2))
            draw = ImageDraw.Draw(picture)
            box = [c, r, c + 70, r + 70] if i % 2 else [c, r + 25, c + 78, r + 45]
            draw.rectangle(box, fill=int(rng.integers(150, 255)))
            self.pictures.append(picture)
            self.labels.append(i % 2)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return self.transform(self.pictures[i]), self.labels[i]


tf = transforms.Compose([transforms.Resize((12, 12)), transforms.ToTensor()])
train, test = Shapes(240, 1, tf), Shapes(100, 2, tf)
net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(800, 2))
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
for epoch in range(5):
    net.train()
    for x, y in DataLoader(train, 20, shuffle=True):
        opt.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        opt.step()
net.eval()
with torch.no_grad():
    right = sum((net(x).argmax(1) == y).sum().item() for x, y in DataLoader(test, 50))
print("right:", right, "of 100")
