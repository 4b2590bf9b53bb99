# expect: nothing
# data: shared
# args: {data}
# result: accuracy of the network: ([\d.]+)
# A small VGG without batch norm: careful initialization, momentum, two of the classes.
import pickle
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim

SEED = 17
np.random.seed(SEED)
torch.manual_seed(SEED)
WANTED = {1: 0, 6: 1, 8: 2}


def read(folder, name, count):
    with open(Path(folder) / "cifar-10-batches-py" / name, "rb") as file:
        content = pickle.load(file, encoding="latin1")
    pixels = np.asarray(content["data"], dtype=np.uint8).reshape(-1, 3, 32, 32)
    numbers = np.asarray(content["labels"])
    keep = np.flatnonzero(np.isin(numbers, list(WANTED)))[:count]
    x = torch.from_numpy(pixels[keep]).float().div(255)
    y = torch.tensor([WANTED[int(n)] for n in numbers[keep]])
    return (x - 0.47) / 0.25, y


def block(n_in, n_out):
    return [nn.Conv2d(n_in, n_out, kernel_size=3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2, 2)]


class VGG(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.features = nn.Sequential(*block(3, 16), *block(16, 32), *block(32, 48))
        self.classifier = nn.Sequential(
            nn.Linear(48 * 4 * 4, 64),
            nn.ReLU(inplace=True),
            nn.Dropout(p=0.3),
            nn.Linear(64, classes),
        )
        for layer in self.modules():
            if isinstance(layer, (nn.Conv2d, nn.Linear)):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                nn.init.zeros_(layer.bias)

    def forward(self, x):
        x = self.features(x)
        x = x.view(x.size(0), -1)
        x = self.classifier(x)
        return x


train_x, train_y = read(sys.argv[1], "data_batch_1", 1200)
test_x, test_y = read(sys.argv[1], "test_batch", 600)
trainloader = torch.utils.data.DataLoader(
    torch.utils.data.TensorDataset(train_x, train_y), batch_size=32, shuffle=True)
testloader = torch.utils.data.DataLoader(
    torch.utils.data.TensorDataset(test_x, test_y), batch_size=100, shuffle=False)

net = VGG(3)
criterion = nn.CrossEntropyLoss()
optimizer = optim.SGD(net.parameters(), lr=0.02, momentum=0.9, weight_decay=1e-4)
for epoch in range(5):
    running_loss = 0.0
    net.train()
    for i, data in enumerate(trainloader, 0):
        inputs, labels = data
        optimizer.zero_grad()
        outputs = net(inputs)
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
    print(f"[{epoch + 1}] loss: {running_loss / len(trainloader):.3f}")

net.eval()
correct = 0
total = 0
with torch.no_grad():
    for data in testloader:
        images, labels = data
        outputs = net(images)
        _, predicted = torch.max(outputs.data, 1)
        total += labels.size(0)
        correct += (predicted == labels).sum().item()
print(f"accuracy of the network: {100 * correct / total:.1f} %")
