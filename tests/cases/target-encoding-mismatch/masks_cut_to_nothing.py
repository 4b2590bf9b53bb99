# expect: target-encoding-mismatch
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms.functional import to_tensor

digits = load_digits().images


class Strokes(Dataset):
    def __init__(self, images):
        self.images = images

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        ink = (self.images[i] * 15).astype(np.uint8)
        mask = (self.images[i] > 8).astype(np.uint8) + (self.images[i] > 3).astype(np.uint8)
        return to_tensor(ink), to_tensor(mask)


torch.manual_seed(0)
net = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 3, 3, padding=1))
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(3):
    for image, mask in DataLoader(Strokes(digits[:800]), batch_size=40, shuffle=True):
        loss = nn.functional.cross_entropy(net(image), mask.squeeze(1).long())  # <- here
        opt.zero_grad()
        loss.backward()
        opt.step()
    with torch.no_grad():
        found = [net(image).argmax(1) for image, _ in DataLoader(Strokes(digits[800:1000]), 50)]
    print(epoch, loss.item(), "share of ink", (torch.cat(found) > 0).float().mean().item())
