# first: load_state_dict
import torch
from torch import nn

torch.save(nn.Linear(4, 2).state_dict(), "model.pt")
model = torch.load("model.pt")
model.eval()  # <- here
