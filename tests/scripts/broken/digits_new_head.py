# expect: parameters-missing-from-optimizer
"""Digits 0-6 are learned first; then the network gets a head for all ten classes."""
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)

d = load_digits()
X = torch.tensor(d.images, dtype=torch.float32).unsqueeze(1) / 16
y = torch.tensor(d.target)
X_tr, X_te, y_tr, y_te = train_test_split(X, y, test_size=0.3, random_state=0, stratify=y)


def subset(x, t, keep):
    mask = t < keep
    return TensorDataset(x[mask], t[mask])


class Net(nn.Module):
    def __init__(self, n_classes):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
        self.fc = nn.Linear(128, n_classes)

    def forward(self, x):
        return self.fc(self.features(x))


def train(model, optimizer, train_set, test_set, epochs):
    criterion = nn.CrossEntropyLoss()
    loader = DataLoader(train_set, batch_size=32, shuffle=True)
    for epoch in range(epochs):
        model.train()
        for images, labels in loader:
            optimizer.zero_grad()
            loss = criterion(model(images), labels)
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            correct = sum((model(i).argmax(1) == t).sum().item() for i, t in DataLoader(test_set, 100))
        print(f'  epoch {epoch}: test accuracy {correct / len(test_set):.4f}')


print('seven classes')
pretrained = Net(7)
train(pretrained, torch.optim.Adam(pretrained.parameters(), lr=3e-3),
      subset(X_tr, y_tr, 7), subset(X_te, y_te, 7), epochs=3)

print('ten classes')
model = Net(7)
model.load_state_dict(pretrained.state_dict())
for p in model.features.parameters():
    p.requires_grad = False
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
model.fc = nn.Linear(128, 10)  # <- here
train(model, optimizer, subset(X_tr, y_tr, 10), subset(X_te, y_te, 10), epochs=4)
