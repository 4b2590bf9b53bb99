# first: 'model_state_dict' | 'state_dict'
import torch
from torch import nn

model = nn.Linear(4, 2)
torch.save({"epoch": 3, "state_dict": model.state_dict()}, "net.pt")
checkpoint = torch.load("net.pt")
model.load_state_dict(checkpoint["model_state_dict"])  # <- here
