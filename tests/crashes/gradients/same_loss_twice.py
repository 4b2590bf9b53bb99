# first: loss | detach()
import torch
from torch import nn

model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
opt = torch.optim.SGD(model.parameters(), lr=0.1)
loss = nn.functional.mse_loss(model(torch.randn(16, 4)), torch.zeros(16, 1))
for epoch in range(4):
    opt.zero_grad()
    loss.backward()  # <- here
    opt.step()
