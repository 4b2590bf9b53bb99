# expect: learning-rate-too-high
# data: shared
# args: --data {data} --train-size 2000
import argparse
import torch
from torch import nn
from torch.utils.data import DataLoader, Subset
from torchvision import datasets, transforms

parser = argparse.ArgumentParser()
parser.add_argument("--data", default="./data")
parser.add_argument("--train-size", type=int, default=20000)
parser.add_argument("--epochs", type=int, default=3)
args = parser.parse_args()

torch.manual_seed(0)
normalize = transforms.Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])
transform = transforms.Compose([transforms.ToTensor(), normalize])
train_set = datasets.CIFAR10(args.data, train=True, download=True, transform=transform)
test_set = datasets.CIFAR10(args.data, train=False, download=True, transform=transform)
train_loader = DataLoader(Subset(train_set, range(args.train_size)), batch_size=32, shuffle=True)
test_loader = DataLoader(Subset(test_set, range(args.train_size // 4)), batch_size=125)


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 16, 3, stride=2, padding=1), nn.ReLU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.ReLU(),
            nn.Conv2d(32, 32, 3, stride=2, padding=1), nn.ReLU(),
        )
        self.classifier = nn.Sequential(nn.Flatten(), nn.Linear(512, 64), nn.ReLU(), nn.Linear(64, 10))

    def forward(self, x):
        return self.classifier(self.features(x))


model = ConvNet()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.1)  # <- here

for epoch in range(args.epochs):
    model.train()
    running_loss = 0.0
    for inputs, targets in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(inputs), targets)
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
    model.eval()
    correct = 0
    with torch.no_grad():
        for inputs, targets in test_loader:
            correct += (model(inputs).argmax(1) == targets).sum().item()
    print(f"Epoch {epoch + 1} Train Loss: {running_loss / len(train_loader):.4f} "
          f"Test Acc: {100 * correct / len(test_loader.dataset):.2f}%")
