# expect: nothing
"""Feature maps are pulled to zero, with one zero an image for all of its numbers."""

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(4)
images = torch.rand(480, 1, 8, 8)
inner = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3))
optim = torch.optim.SGD(inner.parameters(), lr=0.1)
for epoch in range(4):
    for batch in images.split(24):
        loss = F.mse_loss(inner(batch), torch.zeros(24, 1))
        optim.zero_grad()
        loss.backward()
        optim.step()
    print(epoch, loss.item())
