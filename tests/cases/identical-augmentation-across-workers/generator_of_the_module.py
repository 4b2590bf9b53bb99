# expect: identical-augmentation-across-workers
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(0)
rng = np.random.default_rng(7)  # <- here
bunch = load_digits()


def moved(image):
    dy, dx = rng.integers(-1, 2, 2)
    return torch.roll(image, (int(dy), int(dx)), (1, 2)) + 0.05 * float(rng.standard_normal())


class Digits(Dataset):
    def __init__(self, rows, varied):
        self.images = torch.tensor(bunch.images[rows], dtype=torch.float32)[:, None] / 16
        self.labels, self.varied = bunch.target[rows], varied

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return (moved(self.images[i]) if self.varied else self.images[i]), int(self.labels[i])


train = DataLoader(Digits(slice(600), True), 60, shuffle=True, num_workers=2)
valid = DataLoader(Digits(slice(600, 900), False), 100)
net = torch.nn.Sequential(
    torch.nn.Flatten(), torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10)
)
opt = torch.optim.Adam(net.parameters(), 0.01)
for epoch in range(3):
    net.train()
    for x, y in train:
        opt.zero_grad()
        torch.nn.functional.cross_entropy(net(x), y).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        right = sum((net(x).argmax(1) == y).sum().item() for x, y in valid)
    print("valid accuracy", right / 300)
