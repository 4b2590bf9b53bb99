# expect: nothing
# Training accuracy as one more figure, beside the one that counts.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
data = TensorDataset(torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y))
train, test = random_split(data, [1400, 397])
train_loader, test_loader = DataLoader(train, 32, shuffle=True), DataLoader(test, 128)
model = nn.Sequential(nn.Linear(64, 100), nn.ReLU(), nn.Linear(100, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)


@torch.no_grad()
def accuracy(loader):
    model.eval()
    return sum((model(a).argmax(1) == b).sum().item() for a, b in loader) / len(loader.dataset)


for epoch in range(5):
    model.train()
    for a, b in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(a), b).backward()
        optimizer.step()
    print(f"{epoch} train accuracy {accuracy(train_loader):.3f}")
print(f"test accuracy {accuracy(test_loader):.3f}")
