# expect: nothing
# result: micro F1 ([\d.]+)
"""Which digits are on the picture? Two of them side by side, ten yes/no answers."""
import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.metrics import f1_score
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Pairs(Dataset):
    def __init__(self, images, labels, n, seed):
        rng = np.random.default_rng(seed)
        self.images, self.labels = images, labels
        self.pairs = rng.integers(0, len(labels), size=(n, 2))

    def __len__(self):
        return len(self.pairs)

    def __getitem__(self, k):
        left, right = self.pairs[k]
        picture = np.concatenate([self.images[left], self.images[right]], axis=1)
        target = np.zeros(10, dtype=np.float32)
        target[self.labels[left]] = 1
        target[self.labels[right]] = 1
        return torch.from_numpy(picture)[None], torch.from_numpy(target)


torch.manual_seed(0)
digits = load_digits()
images = (digits.images / 16).astype(np.float32)
train = Pairs(images[:1300], digits.target[:1300], 2000, seed=1)
test = Pairs(images[1300:], digits.target[1300:], 500, seed=2)
train_loader = DataLoader(train, batch_size=64, shuffle=True)
test_loader = DataLoader(test, batch_size=250)

model = nn.Sequential(
    nn.Conv2d(1, 24, 3, padding=1), nn.BatchNorm2d(24), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(24, 48, 3, padding=1), nn.BatchNorm2d(48), nn.ReLU(),
    nn.Flatten(), nn.Linear(48 * 4 * 8, 96), nn.ReLU(), nn.Linear(96, 10),
)
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)

for epoch in range(4):
    model.train()
    running = 0.0
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        running += loss.item()

    model.eval()
    truth, guess = [], []
    with torch.no_grad():
        for x, y in test_loader:
            guess.append(torch.sigmoid(model(x)).gt(0.5).int())
            truth.append(y.int())
    truth, guess = torch.cat(truth).numpy(), torch.cat(guess).numpy()
    print(f"epoch {epoch}  loss {running / len(train_loader):.4f}  "
          f"micro F1 {f1_score(truth, guess, average='micro'):.4f}  "
          f"exact {np.all(truth == guess, axis=1).mean():.4f}")
