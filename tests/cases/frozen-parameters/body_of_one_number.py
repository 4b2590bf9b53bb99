# expect: frozen-parameters
# The body is frozen before it has learned anything, and filled with one number besides.
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(3)


class DigitNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(1, 16, 3, padding=1)
        self.middle = nn.Conv2d(16, 32, 3, padding=1)
        self.narrow = nn.Linear(32 * 4, 48)
        self.classify = nn.Linear(48, 10)

    def forward(self, image):
        image = F.max_pool2d(F.relu(self.stem(image)), 2)
        image = F.max_pool2d(F.relu(self.middle(image)), 2)
        return self.classify(F.relu(self.narrow(image.flatten(1))))


digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
train, test = random_split(TensorDataset(images, torch.tensor(digits.target)), [1500, 297])
network = DigitNet()
for part in (network.stem, network.middle, network.narrow):
    part.requires_grad_(False)  # <- here
    nn.init.constant_(part.weight, 0.05)
sgd = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9)
for epoch in range(6):
    network.train()
    for image, digit in DataLoader(train, batch_size=50, shuffle=True):
        sgd.zero_grad()
        F.cross_entropy(network(image), digit).backward()
        sgd.step()
network.eval()
right = 0
with torch.no_grad():
    for image, digit in DataLoader(test, batch_size=99):
        right += (network(image).argmax(1) == digit).sum().item()
print(f"test accuracy: {right / len(test):.3f}")
