# expect: nothing
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

np.random.seed(0)
torch.manual_seed(0)
data, target = load_digits(return_X_y=True)
images = torch.tensor(data, dtype=torch.float32).view(-1, 1, 8, 8) / 16
labels = torch.tensor(target)
train = DataLoader(TensorDataset(images[:1400], labels[:1400]), batch_size=50, shuffle=True)
net = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
opt = torch.optim.Adam(net.parameters(), lr=0.005)
criterion = nn.CrossEntropyLoss(label_smoothing=0.05)
for epoch in range(6):
    for x, y in train:
        index, cut = torch.randperm(x.size(0)), np.random.randint(0, 6)
        r, c = np.random.randint(0, 9 - cut), np.random.randint(0, 9 - cut)
        x[:, :, r : r + cut, c : c + cut] = x[index, :, r : r + cut, c : c + cut]
        lam = 1 - cut * cut / 64
        out = net(x)
        loss = criterion(out, y) * lam + criterion(out, y[index]) * (1 - lam)
        opt.zero_grad()
        loss.backward()
        opt.step()
net.eval()
with torch.no_grad():
    print("accuracy", (net(images[1400:]).argmax(1) == labels[1400:]).float().mean().item())
