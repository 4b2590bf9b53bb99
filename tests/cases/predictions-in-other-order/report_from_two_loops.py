# expect: predictions-in-other-order
import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim
from sklearn.datasets import load_digits
from sklearn.metrics import classification_report, confusion_matrix
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(1)


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.MaxPool2d(2))
        self.classifier = nn.Linear(16 * 9, 10)

    def forward(self, x):
        return self.classifier(torch.flatten(self.features(x), 1))


def get_loaders(batch_size=64):
    digits = load_digits()
    x = torch.tensor(digits.images / 16.0, dtype=torch.float32).unsqueeze(1)
    y = torch.tensor(digits.target)
    loaders = {}
    for name, part in (('train', slice(0, 1300)), ('test', slice(1300, None))):
        loaders[name] = DataLoader(TensorDataset(x[part], y[part]), batch_size, shuffle=True)  # <- here
    return loaders


def predict(model, loader):
    model.eval()
    outputs = []
    with torch.no_grad():
        for images, _ in loader:
            outputs.append(model(images).argmax(dim=1).numpy())
    return np.concatenate(outputs)


def truth(loader):
    return np.concatenate([labels.numpy() for _, labels in loader])


loaders = get_loaders()
model = ConvNet()
optimizer = optim.Adam(model.parameters(), lr=5e-3)
for epoch in range(4):
    model.train()
    for images, labels in loaders['train']:
        optimizer.zero_grad()
        nn.CrossEntropyLoss()(model(images), labels).backward()
        optimizer.step()
y_pred, y_true = predict(model, loaders['test']), truth(loaders['test'])
print(confusion_matrix(y_true, y_pred))
print(classification_report(y_true, y_pred))
