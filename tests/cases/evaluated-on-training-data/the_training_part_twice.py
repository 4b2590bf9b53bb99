# expect: evaluated-on-training-data
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Dataset, Subset


class Digits(Dataset):
    def __init__(self, root, train=True, transform=None):
        d = load_digits()
        part = slice(0, 1400) if train else slice(1400, None)
        self.images, self.labels = torch.tensor(d.images[part]).float()[:, None], d.target[part]
        self.transform = transform

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return self.transform(self.images[i]), int(self.labels[i])


torch.manual_seed(0)
train_dataset = Digits('.', train=True, transform=lambda x: x / 16)
test_dataset = Digits('.', train=True, transform=lambda x: x / 16)  # <- here
small = list(range(900))
train_loader = DataLoader(Subset(train_dataset, small), batch_size=50, shuffle=True)
test_loader = DataLoader(Subset(test_dataset, small), batch_size=100)
model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(5):
    for images, labels in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
model.eval()
correct = total = 0
with torch.no_grad():
    for images, labels in test_loader:
        correct += (model(images).argmax(1) == labels).sum().item()
        total += labels.size(0)
print(f'Test Accuracy of the model on the test images: {100 * correct / total}%')
