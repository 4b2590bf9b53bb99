# expect: nothing
# Only training images are shifted. Two held-out samples are the same image, in different batches.
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset

rng = np.random.RandomState(0)
torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = (x.reshape(-1, 8, 8) / 16 - 0.3).astype(np.float32)
columns = rng.rand(len(y), 2).astype(np.float32)
order = rng.permutation(len(y))
held_out = np.append(order[1400:], order[1400])


class Rows(Dataset):
    def __init__(self, rows, augment):
        self.rows, self.augment = rows, augment

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        image = x[self.rows[i]]
        if self.augment:
            image = np.roll(image, rng.randint(-1, 2, 2), (0, 1))
        both = torch.from_numpy(image[None].copy()), torch.from_numpy(columns[self.rows[i]])
        return both, torch.tensor(y[self.rows[i]])


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.image = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten())
        self.head = nn.Linear(16 * 36 + 2, 10)

    def forward(self, both):
        image, more = both
        return self.head(torch.cat([self.image(image), more], 1))


train_loader = DataLoader(Rows(order[:1400], True), batch_size=50, shuffle=True)
test_loader = DataLoader(Rows(held_out, False), batch_size=100)
model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
for epoch in range(3):
    model.train()
    for both, labels in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(both), labels).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        right = sum((model(b).argmax(1) == t).sum().item() for b, t in test_loader)
    print(epoch, right / len(held_out))
