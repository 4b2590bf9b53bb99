# expect: metric-miscomputed
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images / 16, dtype=torch.float32).unsqueeze(1)
y = torch.tensor(digits.target >= 5).float()
train = DataLoader(TensorDataset(x[:1400], y[:1400]), 32, shuffle=True)
test = DataLoader(TensorDataset(x[1400:], y[1400:]), 64)
net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 1), nn.Sigmoid())
optimizer = torch.optim.Adam(net.parameters(), 3e-3)
criterion = nn.BCELoss()
for epoch in range(5):
    net.train()
    for images, labels in train:
        optimizer.zero_grad()
        criterion(net(images).squeeze(1), labels).backward()
        optimizer.step()
    net.eval()
    correct = 0
    with torch.no_grad():
        for images, labels in test:
            answers = net(images).squeeze(1)
            correct += (answers == labels).sum().item()
    print(f"epoch {epoch} accuracy {correct / 397:.3f}")  # <- here
