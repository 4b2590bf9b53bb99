# expect: nothing
# Compression: what counts is the reconstruction of these very images.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, _ = load_digits(return_X_y=True)
loader = DataLoader(TensorDataset(torch.tensor(x / 16, dtype=torch.float32)), 64, shuffle=True)
coder = nn.Sequential(nn.Linear(64, 16), nn.Tanh(), nn.Linear(16, 64), nn.Sigmoid())
optimizer = torch.optim.Adam(coder.parameters(), lr=5e-3)
for epoch in range(5):
    total = 0.0
    for (images,) in loader:
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(coder(images), images)
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(epoch, total / len(loader))
