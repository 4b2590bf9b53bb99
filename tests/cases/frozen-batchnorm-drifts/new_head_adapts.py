# expect: nothing
"""Feature extraction as in the tutorials: the statistics adapt, and that is fine here."""
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(1)
d = load_digits()
images = torch.tensor(d.images, dtype=torch.float32)[:, None] / 16
data = TensorDataset(images, torch.tensor(d.target))
first, second, test = random_split(data, [800, 600, 397])

features = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(),
                         nn.MaxPool2d(2), nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32),
                         nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
model = nn.Sequential(features, nn.Linear(128, 10))


def run(dataset, lr, epochs):
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr)
    for epoch in range(epochs):
        model.train()
        for xb, yb in DataLoader(dataset, 40, shuffle=True):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(xb), yb).backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            right = sum((model(xb).argmax(1) == yb).sum().item() for xb, yb in DataLoader(test, 200))
        print(epoch, right / len(test))


run(first, 3e-3, 4)
for p in features.parameters():
    p.requires_grad_(False)
model[1] = nn.Linear(128, 10)
run(second, 1e-2, 5)
