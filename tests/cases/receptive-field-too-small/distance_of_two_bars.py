# expect: receptive-field-too-small
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)


def bars(n):
    """Two bars, near or far from each other: what is around one of them is always the same."""
    images, labels = torch.zeros(n, 1, 24, 24), torch.randint(0, 2, (n,))
    for image, label in zip(images, labels):
        left, gap = torch.randint(2, 8, (1,)).item(), 8 if label == 0 else 13
        top, bottom = torch.randint(1, 9, (1,)).item(), torch.randint(15, 23, (1,)).item()
        image[0, top:bottom, left] = 1.0
        image[0, top:bottom, left + gap] = 1.0
    return TensorDataset(images + 0.4 * torch.randn_like(images), labels)


class Classifier(nn.Module):
    def __init__(self, width=12):
        super().__init__()
        self.conv1 = nn.Conv2d(1, width, 3, padding=1)  # <- here
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)
        self.out = nn.Conv2d(width, 2, 1)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        return F.adaptive_avg_pool2d(self.out(x), 1).flatten(1)


def main():
    train, test = DataLoader(bars(400), 20, shuffle=True), DataLoader(bars(200), 100)
    model = Classifier()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    for epoch in range(5):
        model.train()
        for x, y in train:
            loss = F.cross_entropy(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            right = sum((model(x).argmax(1) == y).sum().item() for x, y in test)
        print(f"{epoch}: {right / 200:.2f}")


main()
