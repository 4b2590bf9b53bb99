# first: labels holds 3, but logp of shape [20, 3] has only 0 to 2 in dimension 1: number the classes from 0 (labels - 1?), or give the network 4 outputs
import torch
import torch.nn.functional as F
from torch import nn


def focal(logits, labels):
    logp = F.log_softmax(logits, 1)
    picked = logp.gather(1, labels.unsqueeze(1))  # <- here
    return -((1 - picked.exp()) ** 2 * picked).mean()


net = nn.Linear(4, 3)
x, y = torch.randn(20, 4), torch.arange(20) % 3 + 1
focal(net(x), y).backward()
