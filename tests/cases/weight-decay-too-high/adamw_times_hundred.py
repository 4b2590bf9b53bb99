# expect: weight-decay-too-high
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset


def build():
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(8 * 16, 10),
    )


def main():
    torch.manual_seed(0)
    d = load_digits()
    x = torch.tensor(d.images, dtype=torch.float32)[:, None] / 16
    y = torch.tensor(d.target)
    train = DataLoader(TensorDataset(x[:1400], y[:1400]), batch_size=20, shuffle=True)
    model, loss_fn = build(), nn.CrossEntropyLoss()
    opt = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=50)  # <- here
    for epoch in range(3):
        model.train()
        for images, target in train:
            opt.zero_grad()
            loss = loss_fn(model(images), target)
            loss.backward()
            opt.step()
        model.eval()
        with torch.no_grad():
            hits = (model(x[1400:]).argmax(1) == y[1400:]).float().mean()
        print(epoch, loss.item(), hits.item())


main()
