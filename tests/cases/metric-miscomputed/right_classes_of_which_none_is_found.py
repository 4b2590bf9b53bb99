# expect: nothing
# also: learning-rate-too-low, too-few-epochs, underfitting-capacity
# A short training that names few classes, and prints how many of each class it found: often none.
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(1)
digits = load_digits()
x = torch.tensor(digits.data / 16, dtype=torch.float32)
y = torch.tensor(digits.target)
train = DataLoader(TensorDataset(x[:1300], y[:1300]), batch_size=100, shuffle=True)
test = DataLoader(TensorDataset(x[1300:], y[1300:]), batch_size=100)
model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
criterion = nn.CrossEntropyLoss()
for epoch in range(1):
    for data, target in train:
        optimizer.zero_grad()
        criterion(model(data), target).backward()
        optimizer.step()

found, of = np.zeros(10), np.zeros(10)
model.eval()
with torch.no_grad():
    for data, target in test:
        right = (model(data).argmax(1) == target).numpy()
        for label, hit in zip(target.numpy(), right):
            found[label] += hit
            of[label] += 1
names = "zero one two three four five six seven eight nine".split()
for i in range(10):
    print("Test Accuracy of %5s: %2d%% (%2d/%2d)" % (names[i], 100 * found[i] / of[i], found[i], of[i]))
print("Test Accuracy (Overall): %2d%%" % (100 * found.sum() / of.sum()))
