# first: batch is a tuple, and has no keys such as 'image': write batch[0], batch[1], ... or name its parts: images, labels = batch
import torch
from torch import nn

loader = [(torch.randn(4, 3), torch.zeros(4).long())]
net = nn.Linear(3, 2)
for batch in loader:
    out = net(batch["image"])  # <- here
