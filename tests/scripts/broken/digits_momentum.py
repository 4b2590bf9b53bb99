# expect: missing-zero-grad
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn import datasets
from torch.utils.data import DataLoader, TensorDataset, random_split


class Net(nn.Module):
    def __init__(self, num_filters=16):
        super().__init__()
        self.conv_a = nn.Conv2d(1, num_filters, 3, padding=1)
        self.conv_b = nn.Conv2d(num_filters, num_filters * 2, 3, padding=1, stride=2)
        self.norm = nn.BatchNorm2d(num_filters * 2)
        self.fc = nn.Linear(num_filters * 2 * 16, 10)

    def forward(self, images):
        h = F.relu(self.conv_a(images))
        h = F.relu(self.norm(self.conv_b(h)))
        return self.fc(h.flatten(1))


def evaluate(model, loader):
    model.eval()
    correct = 0
    with torch.no_grad():
        for images, labels in loader:
            correct += (model(images).argmax(1) == labels).sum().item()
    return correct / len(loader.dataset)


def train(model, train_loader, valid_loader, epochs=5, lr=0.1):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
    for epoch in range(epochs):
        model.train()
        running = 0.0
        for images, labels in train_loader:
            loss = F.cross_entropy(model(images), labels)
            loss.backward()  # <- here
            optimizer.step()
            running += loss.item()
        print(f"epoch {epoch}: loss {running / len(train_loader):.3f} "
              f"valid {evaluate(model, valid_loader):.3f}")


if __name__ == "__main__":
    torch.manual_seed(20)
    d = datasets.load_digits()
    ds = TensorDataset(torch.tensor(d.images, dtype=torch.float32).unsqueeze(1) / 16, torch.tensor(d.target))
    tr, va = random_split(ds, [1437, 360])
    train(Net(), DataLoader(tr, batch_size=32, shuffle=True), DataLoader(va, batch_size=64))
