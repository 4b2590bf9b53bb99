# expect: train-mode-not-restored
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
bunch = load_digits()
images = torch.tensor(bunch.images, dtype=torch.float32).unsqueeze(1) / 16
train, test = random_split(TensorDataset(images, torch.tensor(bunch.target)), [1440, 357])
loaders = {"test": DataLoader(test, 119), "train": DataLoader(train, 60, shuffle=True)}

layers = [nn.Flatten()]
for inputs in (64, 24, 24, 24, 24):
    layers += [nn.Linear(inputs, 24), nn.BatchNorm1d(24), nn.Sigmoid()]
model = nn.Sequential(*layers, nn.Linear(24, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
for epoch in range(4):
    for phase, loader in loaders.items():
        if phase == "test":
            model.train(False)  # <- here
        right = 0
        for x, y in loader:
            with torch.set_grad_enabled(phase == "train"):
                out = model(x)
                loss = nn.functional.cross_entropy(out, y)
            if phase == "train":
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            right += (out.argmax(1) == y).sum().item()
        print(epoch, phase, right / len(loader.dataset))
