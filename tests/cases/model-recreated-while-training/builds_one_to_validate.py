# expect: model-recreated-while-training
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, random_split


def make_model():
    return nn.Sequential(nn.Conv2d(1, 12, 3), nn.ReLU(), nn.Flatten(), nn.Linear(432, 10))


def test(loader):
    model = make_model()
    model.eval()
    hits = 0
    with torch.no_grad():
        for image, label in loader:
            hits += (model(image).argmax(dim=1) == label).sum().item()  # <- here
    return hits / len(loader.dataset)


torch.manual_seed(3)
digits = load_digits()
data = TensorDataset(torch.tensor(digits.images).float().unsqueeze(1) / 16, torch.tensor(digits.target))
train, held = random_split(data, [1400, 397])
model = make_model()
adam = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(5):
    model.train()
    for image, label in DataLoader(train, batch_size=40, shuffle=True):
        adam.zero_grad()
        nn.CrossEntropyLoss()(model(image), label).backward()
        adam.step()
    print("epoch", epoch, "accuracy", test(DataLoader(held, batch_size=100)))
