# expect: nothing
# A few wrong labels, as every real set has: label smoothing carries them.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(2)
x, y = load_digits(return_X_y=True)
y[::60] = (y[::60] + 1) % 10
data = TensorDataset(torch.tensor(x, dtype=torch.float32).view(-1, 1, 8, 8) / 16, torch.tensor(y))
train, test = random_split(data, [1400, 397])
net = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
opt = torch.optim.Adam(net.parameters(), lr=0.005)
for epoch in range(5):
    net.train()
    for a, b in DataLoader(train, 50, shuffle=True):
        opt.zero_grad()
        criterion(net(a), b).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        right = sum((net(a).argmax(1) == b).sum().item() for a, b in DataLoader(test, 100))
    print(epoch, right / 397)
