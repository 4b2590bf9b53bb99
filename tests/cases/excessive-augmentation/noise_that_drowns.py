# expect: excessive-augmentation
# also: degenerate-images, unsuitable-normalization
# Noise of six times the image's own range, in a transform of the user's own.
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms as T


class AddNoise(object):
    def __init__(self, std):
        self.std = std

    def __call__(self, img):
        return img + torch.randn(img.size()) * self.std


class Trainer:
    def __init__(self, std):
        self.tf = T.Compose([T.Normalize(0.3, 0.37), AddNoise(std)])  # <- here
        self.net = nn.Sequential(nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
        self.opt = torch.optim.Adam(self.net.parameters(), 0.002)

    def fit(self, epochs):
        loader = DataLoader(Images(slice(0, 1400), self.tf), batch_size=50, shuffle=True)
        for _ in range(epochs):
            self.net.train()
            for x, y in loader:
                self.opt.zero_grad()
                nn.functional.cross_entropy(self.net(x), y).backward()
                self.opt.step()

    @torch.no_grad()
    def score(self):
        self.net.eval()
        test = DataLoader(Images(slice(1400, None), T.Normalize(0.3, 0.37)), batch_size=100)
        return sum((self.net(x).argmax(1) == y).sum().item() for x, y in test) / 397


class Images(Dataset):
    def __init__(self, part, transform):
        bunch = load_digits()
        self.images = torch.tensor(bunch.images[part], dtype=torch.float32).unsqueeze(1) / 16
        self.labels, self.transform = bunch.target[part], transform

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return self.transform(self.images[i]), self.labels[i]


torch.manual_seed(0)
trainer = Trainer(std=6.0)
trainer.fit(4)
print("test accuracy", trainer.score())
