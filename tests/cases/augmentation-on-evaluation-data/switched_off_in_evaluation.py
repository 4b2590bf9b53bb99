# expect: nothing
# The data set's own code draws numbers, but only for training; the transform's p is 0 in the test.
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms as T


class Digits(Dataset):
    def __init__(self, rows, training):
        x, y = load_digits(return_X_y=True)
        self.x = x[rows].reshape(-1, 8, 8).astype(np.float32) / 16
        self.y, self.training = y[rows], training
        self.transform = T.Compose([T.ToTensor(), T.RandomErasing(p=0.2 if training else 0.0)])

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        image = self.x[i]
        if self.training and np.random.rand() < 0.5:
            image = np.roll(image, np.random.randint(-1, 2), axis=1)
        return self.transform(image), int(self.y[i])


torch.manual_seed(0)
np.random.seed(0)
train_loader = DataLoader(Digits(slice(0, 1400), True), batch_size=50, shuffle=True)
test_loader = DataLoader(Digits(slice(1400, None), False), batch_size=100)
model = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 36, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
for epoch in range(4):
    model.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        hits = sum((model(x).argmax(1) == y).sum().item() for x, y in test_loader)
    print(f"epoch {epoch}: accuracy {hits / 397:.3f}")
