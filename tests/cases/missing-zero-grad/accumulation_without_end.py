# expect: missing-zero-grad
import torch
from sklearn.datasets import load_digits
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
digits = load_digits()
x = torch.from_numpy(digits.images).float().unsqueeze(1) / 16
y = torch.from_numpy(digits.target)
mix = torch.randperm(len(x))
x, y = x[mix], y[mix]
loader = DataLoader(TensorDataset(x[:1408], y[:1408]), batch_size=16, shuffle=True)

net = nn.Sequential(nn.Conv2d(1, 16, 3, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(144, 10))
optimizer = optim.SGD(net.parameters(), lr=0.2, momentum=0.9)
criterion = nn.CrossEntropyLoss()
accumulate = 4
for epoch in range(5):
    for i, (images, labels) in enumerate(loader):
        loss = criterion(net(images), labels) / accumulate
        loss.backward()  # <- here
        if (i + 1) % accumulate == 0:
            optimizer.step()

net.eval()
with torch.no_grad():
    print("accuracy", (net(x[1408:]).argmax(1) == y[1408:]).float().mean().item())
