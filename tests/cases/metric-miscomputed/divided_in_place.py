# expect: metric-miscomputed
# Divided by the number of batches in a line of its own.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16
parts = random_split(TensorDataset(images, torch.tensor(digits.target)), [1397, 400])
train_loader, test_loader = DataLoader(parts[0], 64, shuffle=True), DataLoader(parts[1], 50)
model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(3):
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    model.eval()
    total = 0
    with torch.no_grad():
        for x, y in test_loader:
            total += (model(x).argmax(1) == y).sum().item()
    total /= len(test_loader)  # <- here
    print("===> test accuracy: {:.4f}".format(total))
