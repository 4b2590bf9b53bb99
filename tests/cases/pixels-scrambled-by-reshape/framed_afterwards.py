# expect: pixels-scrambled-by-reshape
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
bunch = load_digits()
# As MATLAB stores them: rows x columns x images.
stored = bunch.images.transpose(1, 2, 0).copy()
images = stored.reshape(-1, 1, 8, 8)  # <- here
images = torch.tensor(images / 16, dtype=torch.float32)
images = nn.functional.pad(images, (2, 2, 2, 2))  # a frame, put around what is scrambled
data = TensorDataset(images, torch.tensor(bunch.target))
train_set, test_set = random_split(data, [1400, 397])
model = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(1600, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
for epoch in range(4):
    model.train()
    for x, y in DataLoader(train_set, batch_size=64, shuffle=True):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        hits = sum((model(x).argmax(1) == y).sum().item() for x, y in DataLoader(test_set, 128))
    print(epoch, hits / len(test_set))
