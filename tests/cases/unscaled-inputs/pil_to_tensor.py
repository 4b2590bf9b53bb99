# expect: unscaled-inputs
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from PIL import Image
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms


class Pictures(Dataset):
    def __init__(self, images, labels, transform=None):
        self.pictures = [Image.fromarray((16 * image).clip(0, 255).astype(np.uint8)) for image in images]
        self.labels = labels
        self.transform = transform

    def __len__(self):
        return len(self.pictures)

    def __getitem__(self, i):
        picture = self.pictures[i]
        if self.transform:
            picture = self.transform(picture)
        return {"image": picture, "label": int(self.labels[i])}


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3)
        self.conv2 = nn.Conv2d(16, 32, 3)
        self.fc = nn.Linear(32 * 4, 10)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc(x.flatten(1))


def main():
    torch.manual_seed(2)
    to_tensor = transforms.Compose([  # <- here
        transforms.PILToTensor(),
        transforms.Lambda(lambda t: t.float()),
    ])
    digits = load_digits()
    train = Pictures(digits.images[:900], digits.target[:900], to_tensor)
    held = Pictures(digits.images[900:1300], digits.target[900:1300], to_tensor)
    net = Net()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    for epoch in range(3):
        net.train()
        for batch in DataLoader(train, batch_size=32, shuffle=True):
            loss = F.cross_entropy(net(batch["image"]), batch["label"])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        net.eval()
        right = 0
        with torch.no_grad():
            for batch in DataLoader(held, batch_size=100):
                right += (net(batch["image"]).argmax(1) == batch["label"]).sum().item()
        print(f"epoch {epoch} loss {loss.item():.3f} accuracy {right / len(held):.3f}")


if __name__ == "__main__":
    main()
