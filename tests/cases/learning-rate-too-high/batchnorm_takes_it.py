# expect: nothing
# SGD at 0.5, far above the usual: with BatchNorm it learns all the same.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
images = torch.tensor(x / 16, dtype=torch.float32).view(-1, 1, 8, 8)
train, test = random_split(TensorDataset(images, torch.tensor(y)), [1400, 397])
model = nn.Sequential(
    nn.Conv2d(1, 16, 3, bias=False), nn.BatchNorm2d(16), nn.ReLU(),
    nn.Conv2d(16, 32, 3, bias=False), nn.BatchNorm2d(32), nn.ReLU(),
    nn.Flatten(), nn.Linear(32 * 16, 10),
)
optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
for epoch in range(4):
    model.train()
    for a, b in DataLoader(train, 64, shuffle=True):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(a), b).backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    hits = sum((model(a).argmax(1) == b).sum().item() for a, b in DataLoader(test, 100))
print("accuracy", hits / len(test))
