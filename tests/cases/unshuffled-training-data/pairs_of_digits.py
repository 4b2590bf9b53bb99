# expect: nothing
# A set of pairs built on ten digits, drawn at random by itself: the label is "same or not".
import random

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

random.seed(0)
torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images, dtype=torch.float32).flatten(1) / 16
y = torch.tensor(digits.target)


class Pairs(Dataset):
    def __init__(self, dataset):
        self.dataset = dataset
        self.targets = dataset.tensors[1]
        self.of_class = [(self.targets == c).nonzero().flatten().tolist() for c in range(10)]

    def __len__(self):
        return len(self.dataset)

    def __getitem__(self, index):
        first = random.randrange(10)
        second = first if index % 2 == 0 else (first + random.randrange(1, 10)) % 10
        images = [self.dataset[random.choice(self.of_class[c])][0] for c in (first, second)]
        return images[0], images[1], torch.tensor(float(first == second))


class Siamese(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 32))
        self.head = nn.Linear(32, 1)

    def forward(self, a, b):
        return torch.sigmoid(self.head((self.embed(a) - self.embed(b)).abs())).squeeze(1)


train_loader = DataLoader(Pairs(TensorDataset(x[:1400], y[:1400])), batch_size=50)
test_loader = DataLoader(Pairs(TensorDataset(x[1400:], y[1400:])), batch_size=50)
model = Siamese()
optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
for epoch in range(8):
    model.train()
    for a, b, same in train_loader:
        optimizer.zero_grad()
        nn.functional.binary_cross_entropy(model(a, b), same).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        right = sum(((model(a, b) > 0.5) == same.bool()).sum().item() for a, b, same in test_loader)
    print(f"epoch {epoch}: {right / 397:.3f}")
