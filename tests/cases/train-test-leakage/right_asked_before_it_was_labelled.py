# expect: nothing
# Active learning: the pool is looked through for what the network doubts, and that is trained on
# in the next round only. Asked several times with dropout on, since the doubt is wanted.
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Part(Dataset):
    def __init__(self, images, labels):
        self.images, self.labels = images, labels

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        image = torch.tensor(self.images[i] / 16, dtype=torch.float32).unsqueeze(0)
        return image, int(self.labels[i]), i


np.random.seed(0)
torch.manual_seed(0)
digits = load_digits()
known = np.zeros(1300, dtype=bool)
known[np.random.choice(1300, 200, replace=False)] = True
held_out = Part(digits.images[1300:], digits.target[1300:])


def build():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Dropout(0.4), nn.Linear(256, 10),
    )


def fit(part):
    network = build()
    network.train()
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
    loader = DataLoader(part, batch_size=32, shuffle=True)
    for _ in range(6):
        for images, labels, _ in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(images), labels).backward()
            optimizer.step()
    return network


def doubt(network, part, times=4):
    network.train()
    chances = torch.zeros(len(part), 10)
    with torch.no_grad():
        for _ in range(times):
            for images, _, where in DataLoader(part, batch_size=200):
                chances[where] += network(images).softmax(1)
    chances /= times
    return -(chances * (chances + 1e-9).log()).sum(1)


network = fit(Part(digits.images[:1300][known], digits.target[:1300][known]))
for turn in range(3):
    network.eval()
    with torch.no_grad():
        images, labels, _ = next(iter(DataLoader(held_out, batch_size=len(held_out))))
        accuracy = (network(images).argmax(1) == labels).float().mean().item()
    print(f"round {turn}: {known.sum()} labels, accuracy {accuracy:.3f}")
    where = np.where(~known)[0]
    pool = Part(digits.images[where], digits.target[where])
    asked = doubt(network, pool)
    known[where[asked.argsort(descending=True)[:150].numpy()]] = True
    network = fit(Part(digits.images[:1300][known], digits.target[:1300][known]))
torch.save(network.state_dict(), "network.pt")
