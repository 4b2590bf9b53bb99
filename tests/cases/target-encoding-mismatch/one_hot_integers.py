# expect: target-encoding-mismatch
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
digits = load_digits()
one_hot = F.one_hot(torch.tensor(digits.target))
images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
train_set, test_set = random_split(TensorDataset(images, one_hot), [1400, 397])


def evaluate(model):
    model.eval()
    hits = 0
    with torch.no_grad():
        for x, y in DataLoader(test_set, batch_size=128):
            hits += (model(x).argmax(1) == y.argmax(1)).sum().item()
    return hits / len(test_set)


model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
for epoch in range(4):
    model.train()
    for x, y in DataLoader(train_set, batch_size=64, shuffle=True):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)  # <- here
        loss.backward()
        optimizer.step()
    print(epoch, evaluate(model))
