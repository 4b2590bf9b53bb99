# expect: labels-out-of-range
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Dataset


class PartlyLabelled(Dataset):
    """Annotators have got through most of the pictures; the rest have class -1."""

    def __init__(self, images, labels, share=0.0, seed=0):
        rng = np.random.default_rng(seed)
        labels = labels.copy()
        labels[rng.random(len(labels)) < share] = -1
        self.images = images.astype("float32") / 16
        self.labels = labels

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return torch.from_numpy(self.images[i]).unsqueeze(0), int(self.labels[i])  # <- here


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(1, 20, 3)
        self.bn = nn.BatchNorm2d(20)
        self.fc = nn.Linear(20 * 36, 10)

    def forward(self, x):
        return self.fc(torch.relu(self.bn(self.stem(x))).flatten(1))


def main():
    torch.manual_seed(5)
    digits = load_digits()
    train = PartlyLabelled(digits.images[:1300], digits.target[:1300], share=0.1)
    test = PartlyLabelled(digits.images[1300:], digits.target[1300:])
    train_loader = DataLoader(train, batch_size=32, shuffle=True, drop_last=True)
    test_loader = DataLoader(test, batch_size=32)

    network = Network()
    objective = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05)
    for epoch in range(8):
        network.train()
        for image, label in train_loader:
            optimizer.zero_grad()
            objective(network(image), label).backward()  # <- here
            optimizer.step()
        network.eval()
        with torch.no_grad():
            hits = [(network(i).argmax(1) == l).sum().item() for i, l in test_loader]
        print(f"epoch {epoch:02d} accuracy {sum(hits) / len(test):.3f}")


main()
