# expect: learning-rate-too-low
# 1e-3 is right for Adam; Adadelta multiplies a step that is small already.
import torch
from sklearn.datasets import load_digits
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(3)
bunch = load_digits()
images = torch.tensor(bunch.images, dtype=torch.float32).unsqueeze(1) / 16
dataset = TensorDataset(images, torch.tensor(bunch.target))
train_set, val_set = random_split(dataset, [1400, 397])
model = nn.Sequential(nn.Conv2d(1, 12, 3), nn.ReLU(), nn.Flatten(), nn.Linear(432, 10))
criterion = nn.CrossEntropyLoss()
optimizer = optim.Adadelta(model.parameters(), lr=0.001)  # <- here

for epoch in range(4):
    model.train()
    for inputs, targets in DataLoader(train_set, batch_size=32, shuffle=True):
        optimizer.zero_grad()
        criterion(model(inputs), targets).backward()
        optimizer.step()
    model.eval()
    correct = 0
    with torch.no_grad():
        for inputs, targets in DataLoader(val_set, batch_size=64):
            correct += (model(inputs).argmax(1) == targets).sum().item()
    print("val accuracy", correct / len(val_set))
