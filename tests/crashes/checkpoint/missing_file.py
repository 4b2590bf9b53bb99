# first: runs/best.pth is not there: put the data there, or write the right path (it is looked for from the folder in which you start the script)
import torch
from torch import nn

net = nn.Linear(4, 2)
net.load_state_dict(torch.load("runs/best.pth"))  # <- here
