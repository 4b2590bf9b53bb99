# expect: channel-count-mismatch
# data: shared
# args: {data}
import sys

import torch
import torch.nn as nn
import torchvision
from torch.utils.data import DataLoader, Subset
from torchvision import transforms

transform = transforms.Compose([  # <- here
    transforms.Resize(32),
    transforms.ToTensor(),
    transforms.Normalize((0.1307,), (0.3081,)),
])
train_data = Subset(torchvision.datasets.MNIST(sys.argv[1], train=True, transform=transform), range(640))
test_data = Subset(torchvision.datasets.MNIST(sys.argv[1], train=False, transform=transform), range(200))
train_loader = DataLoader(train_data, batch_size=32, shuffle=True)
test_loader = DataLoader(test_data, batch_size=50)

torch.manual_seed(0)
model = torchvision.models.resnet18(weights=None)  # <- here
model.fc = nn.Linear(model.fc.in_features, 10)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

for epoch in range(2):
    model.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        outputs = model(images)
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()
    model.eval()
    correct = 0
    with torch.no_grad():
        for images, labels in test_loader:
            correct += (model(images).argmax(1) == labels).sum().item()
    print(f"epoch {epoch}: {correct / len(test_data):.3f}")
