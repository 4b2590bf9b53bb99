# first: loss has no value yet in train: it is assigned later, or in a branch: give loss a value before, or write global loss
import torch


def train(n):
    for i in range(n):
        loss = torch.zeros(1)
    return loss  # <- here


train(0)
