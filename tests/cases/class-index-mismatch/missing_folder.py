# expect: class-index-mismatch
# Image folders; the validation folder lacks one class, so the others move up by one.
import os
import tempfile

import numpy as np
import torch
import torch.nn as nn
from PIL import Image
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

root = tempfile.mkdtemp()
rng = np.random.default_rng(0)
colours = {"apple": (200, 30, 30), "banana": (220, 210, 40), "grape": (110, 30, 150), "kiwi": (70, 150, 40)}
for split, count in (("train", 20), ("val", 12)):
    for name, colour in colours.items():
        if split == "val" and name == "apple":
            continue
        os.makedirs(os.path.join(root, split, name))
        for i in range(count):
            noise = rng.normal(0, 25, (12, 12, 3)) + np.array(colour)
            picture = Image.fromarray(noise.clip(0, 255).astype("uint8"))
            picture.save(os.path.join(root, split, name, f"{i}.png"))

torch.manual_seed(0)
tf = transforms.Compose([transforms.ToTensor(), transforms.Normalize([0.5] * 3, [0.25] * 3)])
train_data = datasets.ImageFolder(os.path.join(root, "train"), tf)
val_data = datasets.ImageFolder(os.path.join(root, "val"), tf)  # <- here
train_loader = DataLoader(train_data, batch_size=16, shuffle=True)
val_loader = DataLoader(val_data, batch_size=16)
model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(32, 4))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
for epoch in range(6):
    model.train()
    for inputs, labels in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(inputs), labels)
        loss.backward()
        optimizer.step()
    model.eval()
    correct = 0
    with torch.no_grad():
        for inputs, labels in val_loader:
            correct += torch.sum(model(inputs).argmax(1) == labels).item()
    print("epoch", epoch, "val acc", correct / len(val_data))
