# expect: nothing
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset

rng = np.random.default_rng(2)


class QuarterTurns(Dataset):
    """By how many quarters was the digit turned? Turned on at random, the answer with it."""

    def __init__(self, images, more=False):
        self.turns = np.random.RandomState(0).randint(0, 4, len(images))
        self.images = [np.rot90(im, k) for im, k in zip(images, self.turns)]
        self.more = more

    def __len__(self):
        return len(self.images)

    def __getitem__(self, n):
        image, turn = self.images[n], self.turns[n]
        if self.more:
            by = rng.integers(4)
            image = np.rot90(image, by)
            turn = (turn + by) % 4
        return torch.tensor(image.copy(), dtype=torch.float32)[None] / 16, int(turn)


torch.manual_seed(1)
digits, names = load_digits(return_X_y=True)
upright = digits[np.isin(names, (2, 4, 5, 7))].reshape(-1, 8, 8)
learning = DataLoader(QuarterTurns(upright[:500], more=True), batch_size=20, shuffle=True)
held = QuarterTurns(upright[500:])
model = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 4))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(6):
    model.train()
    for x, y in learning:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        right = sum((model(x).argmax(1) == y).sum().item() for x, y in DataLoader(held, 100))
    print(epoch, f"accuracy {right / len(held):.3f}")
