# expect: nothing
# data: shared
# args: --data {data}
# result: Test: .* acc ([\d.]+)
"""One training file set, split into two parts that are transformed differently."""
import argparse

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset, random_split
from torchvision import datasets, transforms


class Transformed(Dataset):
    def __init__(self, subset, transform):
        self.subset = subset
        self.transform = transform

    def __len__(self):
        return len(self.subset)

    def __getitem__(self, index):
        image, label = self.subset[index]
        return self.transform(image), label


parser = argparse.ArgumentParser()
parser.add_argument("--data", default="data")
parser.add_argument("--epochs", default=3, type=int)
args = parser.parse_args()

torch.manual_seed(31)
augment = transforms.Compose([
    transforms.RandomAffine(degrees=10, translate=(0.08, 0.08)),
    transforms.ToTensor(),
    transforms.Normalize([0.13], [0.31]),
])
plain = transforms.Compose([transforms.ToTensor(), transforms.Normalize([0.13], [0.31])])

raw = datasets.MNIST(args.data, train=True)
train_part, valid_part, _ = random_split(raw, [2560, 1000, len(raw) - 3560])
test_part, _ = random_split(datasets.MNIST(args.data, train=False), [1000, 9000])
train_loader = DataLoader(Transformed(train_part, augment), batch_size=64, shuffle=True)
valid_loader = DataLoader(Transformed(valid_part, plain), batch_size=200)
test_loader = DataLoader(Transformed(test_part, plain), batch_size=200)

model = nn.Sequential(
    nn.Conv2d(1, 16, 5, stride=2, padding=2), nn.BatchNorm2d(16), nn.ReLU(),
    nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.BatchNorm2d(32), nn.ReLU(),
    nn.Flatten(), nn.Linear(32 * 7 * 7, 10),
)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=1)


def evaluate(loader):
    model.eval()
    loss = correct = n = 0
    with torch.no_grad():
        for images, labels in loader:
            out = model(images)
            loss += criterion(out, labels).item() * len(labels)
            correct += (out.argmax(1) == labels).sum().item()
            n += len(labels)
    return loss / n, correct / n


for epoch in range(args.epochs):
    model.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(images), labels)
        loss.backward()
        optimizer.step()
    val_loss, val_acc = evaluate(valid_loader)
    scheduler.step(val_loss)
    print(f"Epoch {epoch + 1}: val loss {val_loss:.4f}, val acc {val_acc:.4f}")
print("Test: loss {:.4f}, acc {:.4f}".format(*evaluate(test_loader)))
