# first: nn.Sequential got torch.nn.functional.relu, which is no layer: use the layer of that name (nn.ReLU(), nn.Flatten()), with parentheses
import torch
import torch.nn.functional as F
from torch import nn

net = nn.Sequential(nn.Linear(4, 4), F.relu, nn.Linear(4, 2))  # <- here
