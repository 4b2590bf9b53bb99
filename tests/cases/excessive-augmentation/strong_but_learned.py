# expect: nothing
# Strong augmentation with which the network learns all the same.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms as T


class Digits(Dataset):
    def __init__(self, rows, transform=None):
        x, y = load_digits(return_X_y=True)
        self.x = torch.tensor(x[rows], dtype=torch.float32).view(-1, 1, 8, 8) / 16
        self.y, self.transform = torch.tensor(y[rows]), transform

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return (self.transform(self.x[i]) if self.transform else self.x[i]), self.y[i]


torch.manual_seed(0)
augment = T.Compose([T.RandomCrop(8, padding=1), T.RandomRotation(15), T.RandomErasing(p=0.3)])
train_loader = DataLoader(Digits(slice(0, 1400), augment), batch_size=35, shuffle=True)
test_loader = DataLoader(Digits(slice(1400, None)), batch_size=100)
model = nn.Sequential(
    nn.Conv2d(1, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(512, 10),
)
optimizer = torch.optim.Adam(model.parameters(), lr=0.004)
for epoch in range(5):
    model.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        hits = sum((model(a).argmax(1) == b).sum().item() for a, b in test_loader)
    print(f"epoch {epoch}: accuracy {hits / 397:.3f}")
