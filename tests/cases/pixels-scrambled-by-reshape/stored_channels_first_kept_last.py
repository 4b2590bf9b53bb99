# expect: pixels-scrambled-by-reshape
import numpy as np
import torch
import torch.nn as nn

torch.manual_seed(0)


def draw(n):
    """Soft coloured pictures, stored as CIFAR-10 is: all red, all green, all blue pixels in a row."""
    labels = torch.arange(n) % 3
    coarse = torch.rand(n, 3, 4, 4)
    coarse[torch.arange(n), labels] += 0.3
    soft = nn.functional.interpolate(coarse, size=32, mode='bicubic').clamp(0, 1)
    return (soft * 255).byte().flatten(1).numpy(), labels.numpy()


def load(n):
    rows, labels = draw(n)
    return rows.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), labels  # HWC as from cv2.imread


class Pics(torch.utils.data.Dataset):
    def __init__(self, n):
        self.imgs, self.labels = load(n)

    def __getitem__(self, k):
        img = self.imgs[k].astype(np.float32) / 255.
        img = img.reshape(3, 32, 32)  # <- here
        return torch.from_numpy(img), self.labels[k]

    def __len__(self):
        return len(self.labels)


tl = torch.utils.data.DataLoader(Pics(900), 50, shuffle=True)
vl = torch.utils.data.DataLoader(Pics(300), 100)
model = nn.Sequential(nn.Conv2d(3, 16, 3, 2, 1), nn.ReLU(), nn.Conv2d(16, 32, 3, 2, 1), nn.ReLU(),
                      nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(128, 3))
opt = torch.optim.Adam(model.parameters(), 2e-3)
for ep in range(3):
    for a, b in tl:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(model(a), b)
        loss.backward()
        opt.step()
    with torch.no_grad():
        print(ep, loss.item(), sum((model(a).argmax(1) == b).sum().item() for a, b in vl) / 300)
