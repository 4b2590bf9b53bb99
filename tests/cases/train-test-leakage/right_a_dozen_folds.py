# expect: nothing
# Twelve folds, a network of its own for each, a test set beside them: more loaders than anybody
# keeps in mind, and what one fold validates on is what the other ones train on.
import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedKFold, train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = (x / 16).astype(np.float32)
x, x_test, y, y_test = train_test_split(x, y, test_size=0.2, random_state=0, stratify=y)


def loader(images, labels, shuffle):
    data = TensorDataset(torch.from_numpy(images), torch.from_numpy(labels))
    return DataLoader(data, batch_size=50, shuffle=shuffle)


def accuracy(net, batches):
    net.eval()
    right = total = 0
    with torch.no_grad():
        for images, labels in batches:
            right += (net(images).argmax(1) == labels).sum().item()
            total += len(labels)
    return right / total


validated = []
for fold, (train, valid) in enumerate(StratifiedKFold(12, shuffle=True, random_state=0).split(x, y)):
    net = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Dropout(0.2), nn.Linear(48, 10))
    optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
    batches = loader(x[train], y[train], True)
    for epoch in range(4):
        net.train()
        for images, labels in batches:
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(images), labels).backward()
            optimizer.step()
    tested = accuracy(net, loader(x_test, y_test, False))
    validated.append(accuracy(net, loader(x[valid], y[valid], False)))
    print(f"fold {fold}: validation {validated[-1]:.3f}, test {tested:.3f}")
print("mean", np.mean(validated))
