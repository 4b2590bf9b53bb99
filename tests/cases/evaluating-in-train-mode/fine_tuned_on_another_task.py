# expect: evaluating-in-train-mode
"""A network learns ten digits, then its larger part is taken on to tell odd from even ones."""
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(2)
bunch = load_digits()
pixels = torch.tensor(bunch.images, dtype=torch.float32).unsqueeze(1) / 16
digit = torch.tensor(bunch.target)


def trunk():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(512, 48), nn.ReLU(),
    )


def fit(net, loader, rate, epochs):
    optimizer = torch.optim.Adam(net.parameters(), lr=rate)
    net.train()
    for _ in range(epochs):
        for image, answer in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(image), answer).backward()
            optimizer.step()


base = trunk()
first = DataLoader(TensorDataset(pixels[:900], digit[:900]), batch_size=50, shuffle=True)
fit(nn.Sequential(base, nn.Linear(48, 10)), first, 2e-3, 4)

parity = digit % 2
second = DataLoader(TensorDataset(pixels[900:1300], parity[900:1300]), batch_size=40, shuffle=True)
held_out = DataLoader(TensorDataset(pixels[1300:], parity[1300:]), batch_size=25)
tuned = nn.Sequential(trunk(), nn.Dropout(0.6), nn.Linear(48, 2))
tuned[0].load_state_dict(base.state_dict())
for round in range(5):
    fit(tuned, second, 1e-3, 1)
    hits = 0
    with torch.no_grad():
        for image, answer in held_out:
            hits += (tuned(image).argmax(1) == answer).sum().item()  # <- here
    print(f"round {round}: {hits / len(parity[1300:]):.3f} of unseen digits right")
