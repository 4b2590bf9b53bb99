# expect: nothing
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier
from torch.utils.data import DataLoader, Dataset


class TripletDigits(Dataset):
    """(anchor, positive, negative), drawn anew each time."""

    def __init__(self, images, labels):
        self.images, self.labels = images, labels
        self.by_class = [np.flatnonzero(labels == c) for c in range(10)]

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        label = self.labels[i]
        positive = np.random.choice(self.by_class[label])
        other = np.random.choice([c for c in range(10) if c != label])
        negative = np.random.choice(self.by_class[other])
        return self.images[i], self.images[positive], self.images[negative]


class EmbeddingNet(nn.Module):
    def __init__(self, dim=16):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3)
        self.conv2 = nn.Conv2d(16, 32, 3)
        self.fc = nn.Linear(32 * 16, dim)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        return F.normalize(self.fc(x.flatten(1)), dim=1)


def knn_accuracy(net, xtr, ytr, xte, yte):
    net.eval()
    with torch.no_grad():
        a, b = net(xtr).numpy(), net(xte).numpy()
    return KNeighborsClassifier(5).fit(a, ytr).score(b, yte)


np.random.seed(0)
torch.manual_seed(0)
X, y = load_digits(return_X_y=True)
X = torch.tensor(X, dtype=torch.float32).view(-1, 1, 8, 8) / 16
Xtr, ytr, Xte, yte = X[:1300], y[:1300], X[1300:], y[1300:]

net = EmbeddingNet()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
triplet_loss = nn.TripletMarginLoss(margin=0.5)
loader = DataLoader(TripletDigits(Xtr, ytr), batch_size=64, shuffle=True)

for epoch in range(5):
    net.train()
    total = 0.0
    for anchor, positive, negative in loader:
        optimizer.zero_grad()
        loss = triplet_loss(net(anchor), net(positive), net(negative))
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch} triplet loss {total / len(loader):.4f} "
          f"kNN accuracy {knn_accuracy(net, Xtr, ytr, Xte, yte):.4f}")
