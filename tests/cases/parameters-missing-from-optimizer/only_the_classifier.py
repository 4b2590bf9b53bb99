# expect: parameters-missing-from-optimizer
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
bunch = load_digits()
images = torch.tensor(bunch.images, dtype=torch.float32).unsqueeze(1) / 16
train, test = random_split(TensorDataset(images, torch.tensor(bunch.target)), [1437, 360])


def block(inputs, outputs):
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1), nn.Tanh(), nn.MaxPool2d(2))


encoder = nn.Sequential(block(1, 8), block(8, 8), block(8, 8), nn.Flatten())
classifier = nn.Linear(8, 10)
optimizer = torch.optim.SGD(classifier.parameters(), lr=0.05, momentum=0.9)  # <- here
for epoch in range(4):
    for x, y in DataLoader(train, batch_size=32, shuffle=True):
        loss = nn.functional.cross_entropy(classifier(encoder(x)), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        loader = DataLoader(test, batch_size=360)
        print(epoch, [(classifier(encoder(x)).argmax(1) == y).float().mean() for x, y in loader])
