# first: Crash:
import torch
from torch import nn

rnn = nn.GRU(4, 8, batch_first=True)
fc = nn.Linear(8, 2)
features = rnn(torch.randn(3, 5, 4))
last = features.mean(1)
nn.functional.cross_entropy(fc(last), torch.tensor([0, 1, 0])).backward()
