# expect: nothing
# result: Mean ([\d.]+)
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedKFold
from torch.utils.data import DataLoader, SubsetRandomSampler, Subset, TensorDataset


class SmallCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 12, 3)
        self.c2 = nn.Conv2d(12, 24, 3)
        self.drop = nn.Dropout(0.2)
        self.out = nn.Linear(24 * 4 * 4, 10)

    def forward(self, x):
        x = F.relu(self.c1(x))
        x = F.relu(self.c2(x))
        return self.out(self.drop(x.flatten(1)))


def train_fold(dataset, train_idx, valid_idx, epochs=5):
    train_loader = DataLoader(dataset, batch_size=32, sampler=SubsetRandomSampler(train_idx))
    valid_loader = DataLoader(Subset(dataset, valid_idx), batch_size=256)
    model = SmallCNN()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(epochs):
        model.train()
        for data, target in train_loader:
            optimizer.zero_grad()
            F.cross_entropy(model(data), target).backward()
            optimizer.step()

    model.eval()
    predictions, truth = [], []
    with torch.no_grad():
        for data, target in valid_loader:
            predictions.append(model(data).argmax(1).numpy())
            truth.append(target.numpy())
    return float((np.concatenate(predictions) == np.concatenate(truth)).mean())


torch.manual_seed(0)
X, y = load_digits(return_X_y=True)
X = X.reshape(-1, 1, 8, 8).astype('float32') / 16.0
X = (X - X.mean()) / X.std()
dataset = TensorDataset(torch.from_numpy(X), torch.from_numpy(y))

results = []
for fold, (tr, va) in enumerate(StratifiedKFold(3, shuffle=True, random_state=0).split(X, y)):
    results.append(train_fold(dataset, tr, va))
    print(f'Fold {fold}: accuracy {results[-1]:.4f}')
print(f'Mean {np.mean(results):.4f} +/- {np.std(results):.4f}')
