# expect: unscaled-inputs
import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn, optim
from torch.utils.data import DataLoader, Dataset


def render(gray, rng, size=16):
    """A coloured digit on a coloured ground, as an 8 bit RGB picture."""
    alpha = np.kron(gray / 16.0, np.ones((size // 8, size // 8)))[..., None]
    ink, paper = rng.uniform(150, 255, 3), rng.uniform(0, 90, 3)
    noise = rng.normal(0, 6, (size, size, 3))
    return np.clip(alpha * ink + (1 - alpha) * paper + noise, 0, 255).astype(np.uint8)


class HouseNumbers(Dataset):
    def __init__(self, train=True):
        rng = np.random.default_rng(0 if train else 1)
        digits = load_digits()
        rows = range(0, 1300) if train else range(1300, 1797)
        self.images = [render(digits.images[i], rng) for i in rows]
        self.labels = [int(digits.target[i]) for i in rows]

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        image = torch.from_numpy(self.images[index])
        image = image.permute(2, 0, 1).float()  # <- here
        return image, self.labels[index]


class TileNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.fc1 = nn.Linear(32 * 4 * 4, 64)
        self.fc2 = nn.Linear(64, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc1(x.flatten(1)))
        return self.fc2(x)


def main():
    torch.manual_seed(10)
    trainloader = DataLoader(HouseNumbers(train=True), batch_size=32, shuffle=True)
    testloader = DataLoader(HouseNumbers(train=False), batch_size=128)

    net = TileNet()
    optimizer = optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    for epoch in range(6):
        net.train()
        running = 0.0
        for images, labels in trainloader:
            optimizer.zero_grad()
            loss = F.cross_entropy(net(images), labels)
            loss.backward()
            optimizer.step()
            running += loss.item()

        net.eval()
        correct = 0
        with torch.no_grad():
            for images, labels in testloader:
                correct += (net(images).argmax(1) == labels).sum().item()
        print(f"Epoch {epoch}: loss={running / len(trainloader):.4f} "
              f"test_acc={correct / len(testloader.dataset):.4f}")


if __name__ == "__main__":
    main()
