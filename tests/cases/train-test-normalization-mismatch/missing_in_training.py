# expect: train-test-normalization-mismatch
# The list of training transforms was rewritten for the augmentation, and lost its Normalize.
import torch
from PIL import Image
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

digits = load_digits()
train_transform = transforms.Compose(  # <- here
    [transforms.RandomAffine(5, (0.05, 0.05)), transforms.ToTensor()]
)
test_transform = transforms.Compose(
    [transforms.ToTensor(), transforms.Normalize((0.3,), (0.38,))]
)


class Digits(Dataset):
    def __init__(self, first, last, transform):
        self.images = (digits.images[first:last] * 15.9).astype("uint8")
        self.labels = digits.target[first:last]
        self.transform = transform

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return self.transform(Image.fromarray(self.images[i])), int(self.labels[i])


torch.manual_seed(0)
train_loader = DataLoader(Digits(0, 1200, train_transform), batch_size=64, shuffle=True)
test_loader = DataLoader(Digits(1200, 1797, test_transform), batch_size=100)
model = nn.Sequential(
    nn.Conv2d(1, 16, 3), nn.BatchNorm2d(16), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10)
)
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
for epoch in range(4):
    model.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        right = sum((model(x).argmax(1) == y).sum().item() for x, y in test_loader)
    print(f"epoch {epoch}: test accuracy {right / 597:.3f}")
