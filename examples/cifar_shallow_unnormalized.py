"""CIFAR-10 with a single convolution and raw [0, 1] pixels.

"My CNN does learn something, but it stays far below what everybody else reports."
"""

import argparse

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
import torchvision
import torchvision.transforms as transforms
from torch.utils.data import DataLoader, Subset


class ShallowCNN(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.pool = nn.MaxPool2d(2, 2)
        self.fc1 = nn.Linear(16 * 16 * 16, num_classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = torch.flatten(x, 1)
        return self.fc1(x)


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="./data", help="where CIFAR-10 lies or is put")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--samples", type=int, default=None, help="use only the first N images")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--lr", type=float, default=0.01)
    return parser.parse_args()


def first(dataset, count):
    return dataset if count is None else Subset(dataset, range(min(count, len(dataset))))


def evaluate(model, loader, device):
    model.eval()
    correct = total = 0
    with torch.no_grad():
        for images, labels in loader:
            images, labels = images.to(device), labels.to(device)
            predicted = model(images).argmax(dim=1)
            correct += (predicted == labels).sum().item()
            total += labels.size(0)
    return correct / total


def main():
    args = parse_args()
    torch.manual_seed(0)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

    transform = transforms.Compose([transforms.ToTensor()])
    train_set = torchvision.datasets.CIFAR10(
        root=args.data, train=True, download=True, transform=transform
    )
    test_set = torchvision.datasets.CIFAR10(
        root=args.data, train=False, download=True, transform=transform
    )
    train_loader = DataLoader(first(train_set, args.samples), args.batch_size, shuffle=True)
    test_loader = DataLoader(first(test_set, args.samples), batch_size=256)

    model = ShallowCNN().to(device)
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.SGD(model.parameters(), lr=args.lr, momentum=0.9)

    for epoch in range(args.epochs):
        model.train()
        running_loss = 0.0
        for images, labels in train_loader:
            images, labels = images.to(device), labels.to(device)
            optimizer.zero_grad()
            loss = criterion(model(images), labels)
            loss.backward()
            optimizer.step()
            running_loss += loss.item()
        accuracy = evaluate(model, test_loader, device)
        print(
            f"epoch {epoch + 1}/{args.epochs}  "
            f"loss {running_loss / len(train_loader):.3f}  test accuracy {accuracy:.3f}"
        )


if __name__ == "__main__":
    main()
