# expect: unshuffled-training-data
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, IterableDataset


class Stream(IterableDataset):
    """Reads one class after the other, like one file for each."""

    def __init__(self, first, last):
        self.x, self.y = load_digits(return_X_y=True)
        self.rows = range(first, last)

    def __iter__(self):
        for label in range(10):
            for i in self.rows:
                if self.y[i] == label:
                    yield {"x": torch.tensor(self.x[i] / 16, dtype=torch.float32), "y": label}


def main():
    torch.manual_seed(0)
    train_loader = DataLoader(Stream(0, 1200), batch_size=16)  # <- here
    test_loader = DataLoader(Stream(1200, 1797), batch_size=100)
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for epoch in range(3):
        model.train()
        for batch in train_loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(batch["x"]), batch["y"]).backward()
            optimizer.step()
        model.eval()
        right = total = 0
        with torch.no_grad():
            for batch in test_loader:
                right += (model(batch["x"]).argmax(1) == batch["y"]).sum().item()
                total += len(batch["y"])
        print(epoch, right / total)


main()
