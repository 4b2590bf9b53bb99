# first: y holds a class number that is not below num_classes: number the classes from 0 (y - 1?), or write num_classes = y.max() + 1
import torch
import torch.nn.functional as F
from torch import nn

net = nn.Linear(4, 3)
x, y = torch.randn(20, 4), torch.randint(1, 4, (20,))
y[0] = 3
for _ in range(3):
    loss = F.mse_loss(net(x).softmax(1), F.one_hot(y, num_classes=3).float())  # <- here
    loss.backward()
