# expect: loss-cut-from-model
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
train_set, test_set = random_split(
    TensorDataset(images, torch.tensor(digits.target)), [1400, 397]
)
model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)


def run_epoch(loader, learn):
    model.train(learn)
    hits = 0
    for x, y in loader:
        with torch.no_grad():  # <- here
            output = model(x)
            loss = criterion(output, y)
        if learn:
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        hits += (output.argmax(1) == y).sum().item()
    return hits / len(loader.dataset)


for epoch in range(3):
    train_accuracy = run_epoch(DataLoader(train_set, batch_size=64, shuffle=True), True)
    print(epoch, train_accuracy, run_epoch(DataLoader(test_set, batch_size=128), False))
