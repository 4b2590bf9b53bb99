# first: module.
import torch
from torch import nn

model = nn.Sequential(nn.Linear(4, 2))
state = nn.DataParallel(model).state_dict()
model.load_state_dict(state)  # <- here
