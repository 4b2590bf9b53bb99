# expect: nothing
# Gradients of four batches make one step, and the four are asked for together, as a trainer does.
from itertools import islice

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(0)
images, labels = load_digits(return_X_y=True)
images = torch.tensor(images, dtype=torch.float32).reshape(-1, 1, 8, 8) / 16
labels = torch.tensor(labels)


class Scanned(Dataset):
    def __len__(self):
        return 1200

    def __getitem__(self, i):
        page = nn.functional.interpolate(images[i][None], size=64, mode="bicubic")
        return nn.functional.avg_pool2d(page, 8)[0], labels[i]


net = nn.Sequential(
    nn.Upsample(scale_factor=4),
    nn.Conv2d(1, 32, 5, padding=2),
    nn.ReLU(),
    nn.Conv2d(32, 32, 5, stride=2, padding=2),
    nn.ReLU(),
    nn.AdaptiveMaxPool2d(4),
    nn.Flatten(),
    nn.Linear(512, 10),
)
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(2):
    net.train()
    batches = iter(DataLoader(Scanned(), batch_size=50, shuffle=True))
    while gathered := list(islice(batches, 4)):
        optimizer.zero_grad()
        for x, y in gathered:
            (nn.functional.cross_entropy(net(x), y) / len(gathered)).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        accuracy = (net(images[1200:]).argmax(1) == labels[1200:]).float().mean().item()
    print(f"test accuracy {accuracy:.3f}")
