# expect: target-encoding-mismatch
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(0)


class Strokes(Dataset):
    def __init__(self, images, rng):
        self.masks = np.where(images > 7, 255, 0).astype(np.uint8)
        self.images = (images * 12 + rng.integers(0, 60, images.shape)).astype(np.uint8)

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        image = self.images[i].astype(np.float32) / 255
        mask = self.masks[i].astype(np.float32)
        return torch.from_numpy(image)[None], torch.from_numpy(mask)[None]


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(1, 8, 3, padding=1)
        self.b = nn.Conv2d(8, 1, 3, padding=1)

    def forward(self, x):
        return torch.sigmoid(self.b(torch.relu(self.a(x))))


rng = np.random.default_rng(0)
digits = load_digits().images
train = DataLoader(Strokes(digits[:1000], rng), batch_size=25, shuffle=True)
test = DataLoader(Strokes(digits[1000:1300], rng), batch_size=100)
net = Net()
opt = torch.optim.Adam(net.parameters(), lr=1e-2)
error = nn.MSELoss()
for epoch in range(3):
    net.train()
    for image, mask in train:
        opt.zero_grad()
        loss = error(net(image), mask)  # <- here
        loss.backward()
        opt.step()
    net.eval()
    both = either = 0
    with torch.no_grad():
        for image, mask in test:
            said = net(image) > 0.5
            both += (said & (mask > 0)).sum().item()
            either += (said | (mask > 0)).sum().item()
    print("epoch", epoch, "loss", loss.item(), "IoU", both / either)
