# expect: nothing
# result: test images right \(([\d.]+)%
"""Reads PNG files listed in a CSV, as one does with a folder from the lab."""
import csv
import os
import random
import tempfile

import numpy as np
import torch
import torch.nn as nn
from PIL import Image, ImageOps
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(0)
random.seed(0)
np.random.seed(0)


def export(folder, n=1200):
    """Put the first n digits into `folder` as PNG files, with a labels.csv beside them."""
    digits = load_digits()
    with open(os.path.join(folder, "labels.csv"), "w", newline="") as f:
        out = csv.writer(f)
        out.writerow(["file", "label", "split"])
        for i in range(n):
            name = f"{i:05d}.png"
            pixels = (digits.images[i] * 255 / 16).astype(np.uint8)
            Image.fromarray(pixels).save(os.path.join(folder, name))
            out.writerow([name, digits.target[i], "test" if i % 4 == 0 else "train"])


class ImageCsv(Dataset):
    def __init__(self, folder, split, augment=False):
        with open(os.path.join(folder, "labels.csv")) as f:
            self.rows = [(r["file"], int(r["label"])) for r in csv.DictReader(f) if r["split"] == split]
        self.folder = folder
        self.augment = augment

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        name, label = self.rows[i]
        with Image.open(os.path.join(self.folder, name)) as img:
            img = img.convert("L").resize((12, 12), Image.BILINEAR)
        if self.augment and random.random() < 0.5:
            img = ImageOps.autocontrast(img.rotate(random.uniform(-10, 10)))
        x = np.asarray(img, dtype=np.float32) / 255.0
        return torch.from_numpy((x - 0.3) / 0.35).unsqueeze(0), label


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3)
        self.conv2 = nn.Conv2d(16, 32, 3)
        self.pool = nn.MaxPool2d(2)
        self.fc = nn.Linear(32 * 4 * 4, 10)

    def forward(self, x):
        x = self.conv1(x).relu()
        x = self.pool(self.conv2(x).relu())
        return self.fc(x.flatten(1))


with tempfile.TemporaryDirectory() as folder:
    export(folder)
    train_loader = DataLoader(ImageCsv(folder, "train", augment=True), batch_size=32, shuffle=True)
    test_loader = DataLoader(ImageCsv(folder, "test"), batch_size=64)

    net = Net()
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
    criterion = nn.CrossEntropyLoss()
    for epoch in range(5):
        net.train()
        for images, labels in train_loader:
            optimizer.zero_grad()
            loss = criterion(net(images), labels)
            loss.backward()
            optimizer.step()

        net.eval()
        correct = total = 0
        with torch.no_grad():
            for images, labels in test_loader:
                correct += (net(images).argmax(1) == labels).sum().item()
                total += len(labels)
        print(f"epoch {epoch + 1}: {correct} of {total} test images right ({correct / total:.1%})")
