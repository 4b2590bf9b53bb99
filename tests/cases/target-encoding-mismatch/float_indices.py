# expect: target-encoding-mismatch
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset, random_split


class Digits(Dataset):
    def __init__(self):
        bunch = load_digits()
        self.images = (bunch.images / 16).astype(np.float32)
        self.labels = bunch.target.astype(np.float32)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return torch.from_numpy(self.images[i])[None], self.labels[i]


torch.manual_seed(0)
train_set, test_set = random_split(Digits(), [1400, 397])
model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
for epoch in range(2):
    model.train()
    for images, labels in DataLoader(train_set, batch_size=64, shuffle=True):
        outputs = model(images)
        loss = criterion(outputs, labels)  # <- here
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        hits = sum(
            (model(images).argmax(1) == labels).sum().item()
            for images, labels in DataLoader(test_set, batch_size=128)
        )
    print(epoch, hits / len(test_set))
