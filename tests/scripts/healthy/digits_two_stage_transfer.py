# expect: nothing
# result: test acc ([\d.]+)
"""Pretrain on the digits 0-4, then learn 5-9 with the backbone frozen."""
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)


class ConvNet(nn.Module):
    def __init__(self, n_classes):
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Conv2d(1, 24, 3, padding=1), nn.ReLU(),
            nn.Conv2d(24, 48, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(48, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(),
        )
        self.fc = nn.Linear(64 * 2 * 2, n_classes)

    def forward(self, x):
        return self.fc(self.backbone(x))


def make_loaders(images, labels, keep):
    mask = (labels >= min(keep)) & (labels <= max(keep))
    x, y = images[mask], labels[mask] - min(keep)
    xtr, xte, ytr, yte = train_test_split(x, y, test_size=0.3, random_state=1, stratify=y)
    return (DataLoader(TensorDataset(xtr, ytr), batch_size=32, shuffle=True),
            DataLoader(TensorDataset(xte, yte), batch_size=128))


def fit(model, optimizer, train_loader, test_loader, epochs, tag):
    criterion = nn.CrossEntropyLoss()
    for epoch in range(epochs):
        model.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
        model.eval()
        right = 0
        with torch.no_grad():
            for x, y in test_loader:
                right += (model(x).argmax(1) == y).sum().item()
        print(f'{tag} epoch {epoch + 1}: test acc {right / len(test_loader.dataset):.4f}')


digits = load_digits()
images = torch.from_numpy(digits.images).float().unsqueeze(1).div(16)
labels = torch.from_numpy(digits.target).long()

# stage 1
source = ConvNet(5)
fit(source, torch.optim.Adam(source.parameters(), lr=2e-3),
    *make_loaders(images, labels, range(0, 5)), epochs=5, tag='source')
torch.save(source.state_dict(), 'source_digits.pt')

# stage 2
target = ConvNet(5)
target.load_state_dict(torch.load('source_digits.pt'))
for p in target.backbone.parameters():
    p.requires_grad = False
target.fc = nn.Linear(target.fc.in_features, 5)
fit(target, torch.optim.Adam(target.fc.parameters(), lr=5e-3),
    *make_loaders(images, labels, range(5, 10)), epochs=8, tag='target')
