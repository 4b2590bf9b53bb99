# expect: target-encoding-mismatch
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, random_split


class Digits(torch.utils.data.Dataset):
    def __init__(self):
        d = load_digits()
        self.items = [(torch.tensor(i, dtype=torch.float32).unsqueeze(0) / 16, float(t))
                      for i, t in zip(d.images, d.target)]

    def __getitem__(self, i):
        return self.items[i]

    def __len__(self):
        return len(self.items)


def step(model, criterion, optimizer, x, y):
    optimizer.zero_grad()
    logits = model(x)
    loss = criterion(logits, y)  # <- here
    loss.backward()
    optimizer.step()
    return loss.item()


def evaluate(model, loader):
    model.eval()
    with torch.no_grad():
        return sum((model(x).argmax(1) == y).sum().item() for x, y in loader) / len(loader.dataset)


torch.manual_seed(0)
train, test = random_split(Digits(), [0.8, 0.2])
train_loader = DataLoader(train, batch_size=50, shuffle=True)
test_loader = DataLoader(test, batch_size=100)
model = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Conv2d(16, 32, 3), nn.ReLU(),
                      nn.Flatten(), nn.Linear(512, 10))
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
for epoch in range(6):
    model.train()
    losses = [step(model, criterion, optimizer, x, y) for x, y in train_loader]
    print(epoch, sum(losses) / len(losses), evaluate(model, test_loader))
