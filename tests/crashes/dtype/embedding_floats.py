# first: tokens.long()
import torch
from torch import nn


class Bag(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(50, 8)
        self.out = nn.Linear(8, 2)

    def forward(self, tokens):
        return self.out(self.embedding(tokens).mean(1))  # <- here


bag = Bag()
texts = torch.randint(0, 50, (16, 12)).float()
nn.functional.cross_entropy(bag(texts), torch.randint(0, 2, (16,))).backward()
