# expect: metric-miscomputed
# max(1, keepdim=True) gives a column, the labels are a row: each prediction meets each label.
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x / 16, dtype=torch.float32).view(-1, 1, 8, 8)
parts = train_test_split(x, torch.tensor(y), test_size=300, random_state=0)
train_loader = DataLoader(TensorDataset(parts[0], parts[2]), batch_size=64, shuffle=True)
test_loader = DataLoader(TensorDataset(parts[1], parts[3]), batch_size=100)

model = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)


def test():
    model.eval()
    correct = 0
    with torch.no_grad():
        for data, target in test_loader:
            pred = model(data).max(1, keepdim=True)[1]
            correct += pred.eq(target).sum().item()
    size = len(test_loader.dataset)
    print(f"Test set: Accuracy: {correct}/{size} ({100.0 * correct / size:.0f}%)")  # <- here


for epoch in range(4):
    model.train()
    for data, target in train_loader:
        optimizer.zero_grad()
        F.cross_entropy(model(data), target).backward()
        optimizer.step()
    test()
