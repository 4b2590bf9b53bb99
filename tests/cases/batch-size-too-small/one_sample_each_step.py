# expect: batch-size-too-small
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Digits(Dataset):
    def __init__(self, rows):
        data = load_digits()
        self.images = torch.tensor(data.images[rows] / 16.0).float().unsqueeze(1)
        self.labels = torch.tensor(data.target[rows])

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return {"image": self.images[i], "label": self.labels[i]}


def main(epochs=1, lr=0.05):
    torch.manual_seed(0)
    train, test = Digits(slice(0, 1400)), Digits(slice(1400, 1797))
    train_loader = DataLoader(train, shuffle=True)  # <- here
    net = nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(1024, 128), nn.ReLU(), nn.Linear(128, 10),
    )
    opt = torch.optim.SGD(net.parameters(), lr=lr, momentum=0.9)
    for epoch in range(epochs):
        for batch in train_loader:
            loss = nn.functional.cross_entropy(net(batch["image"]), batch["label"])
            opt.zero_grad()
            loss.backward()
            opt.step()
    with torch.no_grad():
        hits = (net(test.images).argmax(1) == test.labels).float().mean()
    print(f"test accuracy {hits:.3f}")


main()
