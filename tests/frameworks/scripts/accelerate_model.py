# expect: parameters-missing-from-optimizer
# needs: accelerate
"""Fine-tuning set-up: the optimizer is made first, then the head is replaced."""
import torch
from accelerate import Accelerator
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


class Backbone(nn.Module):
    def __init__(self, outputs=100):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.Flatten(),
        )
        self.fc = nn.Linear(512, outputs)

    def forward(self, x):
        return self.fc(self.features(x))


def main():
    torch.manual_seed(1)
    accelerator = Accelerator(cpu=True)
    digits = load_digits()
    x = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16
    train, val = random_split(TensorDataset(x, torch.tensor(digits.target)), [1500, 297])

    model = Backbone()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)  # <- here
    model.fc = nn.Linear(512, 10)  # <- here
    train_loader = DataLoader(train, batch_size=50, shuffle=True)
    val_loader = DataLoader(val, batch_size=99)
    model, optimizer, train_loader, val_loader = accelerator.prepare(
        model, optimizer, train_loader, val_loader
    )
    criterion = nn.CrossEntropyLoss()
    for epoch in range(4):
        model.train()
        for images, labels in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(images), labels)
            accelerator.backward(loss)
            optimizer.step()
        model.eval()
        hits = 0
        with torch.no_grad():
            for images, labels in val_loader:
                predictions = model(images).argmax(1)
                hits += (predictions == labels).sum().item()
        accelerator.print(f"epoch {epoch}: {hits / len(val):.3f}")


main()
