# expect: nothing
# Two loaders are trained on, one after the other; a third one is what the network is tested with.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
clean = DataLoader(TensorDataset(x[:700], y[:700]), 25, shuffle=True)
noisy = DataLoader(TensorDataset(x[700:1400] + 0.1, y[700:1400]), 25, shuffle=True)
test = DataLoader(TensorDataset(x[1400:], y[1400:]), 100)
model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)


def epoch_over(loader):
    model.train()
    right = total = 0
    for images, labels in loader:
        optimizer.zero_grad()
        scores = model(images)
        loss = nn.functional.cross_entropy(scores, labels)
        loss.backward()
        optimizer.step()
        right, total = right + (scores.argmax(1) == labels).sum().item(), total + len(labels)
    return right / total


for epoch in range(6):
    for name, loader in (("clean", clean), ("noisy", noisy)):
        print(f"{epoch} {name} accuracy {epoch_over(loader):.4f}")
    model.eval()
    with torch.no_grad():
        right = sum((model(a).argmax(1) == b).sum().item() for a, b in test)
    print(f"{epoch} test accuracy {right / 397:.4f}")
