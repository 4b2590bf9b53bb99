# first: the file holds whole Python objects, and torch.load reads only weights: write torch.load('whole.pt', weights_only=False) if you trust the file
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)


torch.save(Net(), "whole.pt")
net = torch.load("whole.pt")  # <- here
