# expect: parameters-missing-from-optimizer
# Counting the parameters leaves nothing of the generator.
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
y = torch.tensor(digits.target)
net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))
trainable = filter(lambda p: p.requires_grad, net.parameters())  # <- here
size = sum(p.numel() for p in trainable)
print(f"{size} weights to train")
optimizer = torch.optim.Adam(trainable, lr=1e-3)
for rows in torch.randperm(1400).split(64):
    optimizer.zero_grad()
    nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
    optimizer.step()
