# first: Crash:
import torch
from torch import nn

net = nn.Linear(4, 2)
torch.save({"state_dict": net.state_dict(), "epoch": 1}, "c.pt")
checkpoint = torch.load("c.pt")
net.load_state_dict(checkpoint)  # <- here
