# expect: nothing
# Test-time augmentation: five random views of each test image, their outputs averaged.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms as T


class Digits(Dataset):
    def __init__(self, rows, transform):
        x, y = load_digits(return_X_y=True)
        self.x = torch.tensor(x[rows], dtype=torch.float32).view(-1, 1, 8, 8) / 16
        self.y, self.transform = torch.tensor(y[rows]), transform

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.transform(self.x[i]), self.y[i]


torch.manual_seed(0)
views = T.RandomAffine(degrees=8, translate=(0.06, 0.06))
train_loader = DataLoader(Digits(slice(0, 1400), views), batch_size=50, shuffle=True)
test_loader = DataLoader(Digits(slice(1400, None), views), batch_size=100)
model = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 36, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
for epoch in range(4):
    for images, labels in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()

model.eval()
with torch.no_grad():
    votes = [torch.cat([model(x).softmax(1) for x, _ in test_loader]) for _ in range(5)]
mean = torch.stack(votes).mean(0)
print("accuracy with 5 views", (mean.argmax(1) == test_loader.dataset.y).float().mean().item())
