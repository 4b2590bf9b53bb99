# expect: identical-augmentation-across-workers
import random

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Digits(Dataset):
    def __init__(self, images, labels, noise):
        self.images, self.labels, self.noise = images, labels, noise

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        image = self.images[i].copy()
        if self.noise:
            top = random.randrange(6)
            image[top:top + 2] = np.random.rand(2, 8)
        return torch.tensor(image, dtype=torch.float32)[None], int(self.labels[i])


def start_worker(number):
    seed = 100 * (number + 1)
    random.seed(seed)  # <- here
    np.random.seed(seed)  # <- here


if __name__ == '__main__':
    torch.manual_seed(0)
    digits = load_digits()
    train = Digits(digits.images[:600] / 16, digits.target[:600], True)
    test = Digits(digits.images[1200:] / 16, digits.target[1200:], False)
    model = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
    optimizer = torch.optim.Adam(model.parameters(), 2e-3)
    order = torch.randperm(600).tolist()
    loader = DataLoader(train, 40, sampler=order, num_workers=2, worker_init_fn=start_worker)
    for epoch in range(4):
        for x, y in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x), y).backward()
            optimizer.step()
        with torch.no_grad():
            right = sum((model(x).argmax(1) == y).sum().item() for x, y in DataLoader(test, 200))
        print(epoch, right / len(test))
