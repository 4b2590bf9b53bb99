# expect: nothing
# data: shared
# args: {data}/pneumoniamnist.npz
# result: test balanced accuracy ([\d.]+)
import sys

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.metrics import balanced_accuracy_score, confusion_matrix
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler


def load_split(archive, split):
    images = torch.from_numpy(archive[split + '_images']).float()[:, None] / 255
    labels = torch.from_numpy(archive[split + '_labels'].astype(np.int64)).squeeze(1)
    return TensorDataset((images - 0.5) / 0.25, labels)


class XRayNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, stride=2)
        self.conv2 = nn.Conv2d(16, 32, 3, stride=2)
        self.fc1 = nn.Linear(32 * 6 * 6, 32)
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        x = F.relu(self.fc1(torch.flatten(x, 1)))
        return self.fc2(F.dropout(x, 0.3, training=self.training))


def predict(model, loader):
    model.eval()
    y_true, y_pred = [], []
    with torch.no_grad():
        for xb, yb in loader:
            y_true.extend(yb.tolist())
            y_pred.extend(model(xb).argmax(1).tolist())
    return y_true, y_pred


torch.manual_seed(0)
archive = np.load(sys.argv[1])
train_set, val_set, test_set = (load_split(archive, s) for s in ['train', 'val', 'test'])

train_labels = train_set.tensors[1]
class_counts = torch.bincount(train_labels)
print('class counts', class_counts.tolist())
sample_weights = (1.0 / class_counts.double())[train_labels]
sampler = WeightedRandomSampler(sample_weights, num_samples=len(train_set), replacement=True)

train_loader = DataLoader(train_set, batch_size=64, sampler=sampler)
val_loader = DataLoader(val_set, batch_size=128)
test_loader = DataLoader(test_set, batch_size=128)

model = XRayNet()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

for epoch in range(4):
    model.train()
    for xb, yb in train_loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(xb), yb)
        loss.backward()
        optimizer.step()
    print('epoch', epoch, 'val balanced accuracy %.3f' % balanced_accuracy_score(*predict(model, val_loader)))

y_true, y_pred = predict(model, test_loader)
print('test balanced accuracy %.3f' % balanced_accuracy_score(y_true, y_pred))
print(confusion_matrix(y_true, y_pred))
