# first: model got data, a numpy array: write model(torch.from_numpy(data).float())
import numpy as np
import torch
from torch import nn

model = nn.Linear(4, 3)
data = np.random.rand(8, 4)
out = model(data)  # <- here
