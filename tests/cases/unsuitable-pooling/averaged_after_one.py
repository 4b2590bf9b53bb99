# expect: unsuitable-pooling
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
data = load_digits()
x = torch.tensor(data.images / 16).float().unsqueeze(1)
x = nn.functional.interpolate(x, scale_factor=2)  # 16 x 16
y = torch.tensor(data.target)
order = torch.randperm(len(y))
train = TensorDataset(x[order[:1400]], y[order[:1400]])
test = TensorDataset(x[order[1400:]], y[order[1400:]])


def build(filters):
    return nn.Sequential(
        nn.Conv2d(1, filters, kernel_size=3, stride=1, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),  # <- here
        nn.Flatten(),
        nn.Linear(filters, 32),
        nn.ReLU(),
        nn.Linear(32, 10),
    )


model = build(8)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
loss_function = nn.CrossEntropyLoss()
for epoch in range(6):
    model.train()
    for images, labels in DataLoader(train, batch_size=50, shuffle=True):
        optimizer.zero_grad()
        loss_function(model(images), labels).backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    right = sum((model(a).argmax(1) == b).sum().item() for a, b in DataLoader(test, 200))
print("accuracy", right / len(test))
