# expect: unshuffled-training-data
# Two classes, one folder after the other: a batch always holds at least half of the classes.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
odd = torch.tensor(digits.target) % 2


def folders(first, last):
    """As ImageFolder lists them: even/ first, then odd/."""
    x, y = images[first:last], odd[first:last]
    order = torch.cat([(y == k).nonzero().flatten() for k in (0, 1)])
    return TensorDataset(x[order], y[order])


settings = {"batch_size": 32}
train_loader = DataLoader(folders(0, 1400), **settings)  # <- here
val_loader = DataLoader(folders(1400, 1797), **settings)
net = nn.Sequential(
    nn.Conv2d(1, 16, 3), nn.BatchNorm2d(16), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 36, 2)
)
optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
for epoch in range(3):
    net.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        right = sum((net(x).argmax(1) == y).sum().item() for x, y in val_loader)
    print(f"epoch {epoch}: validation accuracy {right / len(val_loader.dataset):.3f}")
