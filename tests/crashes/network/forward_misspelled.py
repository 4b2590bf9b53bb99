# first: forward
import torch
from torch import nn


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def foward(self, x):  # <- here
        return self.fc(x)


clf = Classifier()
out = clf(torch.randn(16, 4))
