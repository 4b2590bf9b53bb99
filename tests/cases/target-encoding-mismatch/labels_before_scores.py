# expect: target-encoding-mismatch
# One-hot rows and scores change places in a loss object.
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
digits = load_digits()
rows = nn.functional.one_hot(torch.tensor(digits.target), 10).float()
data = TensorDataset(torch.tensor(digits.images).float().unsqueeze(1) / 16, rows)
train, test = torch.utils.data.random_split(data, [1400, 397])


class Digits(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3)
        self.out = nn.Linear(288, 10)

    def forward(self, x):
        return self.out(torch.relu(self.conv(x)).flatten(1))


model, criterion = Digits(), nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for epoch in range(3):
    model.train()
    for images, wanted in DataLoader(train, 50, shuffle=True):
        optimizer.zero_grad()
        loss = criterion(wanted, model(images))  # <- here
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        hits = sum((model(a).argmax(1) == b.argmax(1)).sum().item() for a, b in DataLoader(test, 99))
    print(epoch, loss.item(), hits / 397)
