# expect: sampler-misused
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
bunch = load_digits()
x = torch.tensor(bunch.images / 16, dtype=torch.float32).unsqueeze(1)
everything = TensorDataset(x, torch.tensor(bunch.target))
train_set, test_set = random_split(everything, [1400, 397])


def train_one_epoch(model, loader, criterion, optimizer):
    model.train()
    total = 0.0
    for images, targets in loader:
        optimizer.zero_grad()
        loss = criterion(model(images), targets)
        loss.backward()
        optimizer.step()
        total += loss.item()
        return total / len(loader)  # <- here


@torch.no_grad()
def evaluate(model, loader):
    model.eval()
    return sum((model(a).argmax(1) == b).sum().item() for a, b in loader) / len(loader.dataset)


model = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
test_loader = DataLoader(test_set, batch_size=100)
for epoch in range(10):
    loss = train_one_epoch(model, train_loader, nn.CrossEntropyLoss(), optimizer)
    print(f"epoch {epoch} loss {loss:.3f} accuracy {evaluate(model, test_loader):.3f}")
