# expect: missing-zero-grad
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(1)
digits = load_digits()
images = torch.from_numpy(digits.images).float()[:, None] / 16
labels = torch.from_numpy(digits.target)
model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))
criterion = nn.CrossEntropyLoss()


def sgd(parameters, rate):
    for parameter in parameters:
        parameter.data.add_(parameter.grad.data, alpha=-rate)


for epoch in range(3):
    for chosen in torch.randperm(1400).split(32):
        loss = criterion(model(images[chosen]), labels[chosen])
        loss.backward()  # <- here
        sgd(model.parameters(), 0.2)
    with torch.no_grad():
        right = (model(images[1400:]).argmax(1) == labels[1400:]).sum().item()
    print(epoch, loss.item(), right / 397)
