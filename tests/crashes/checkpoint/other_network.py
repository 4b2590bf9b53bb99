# first: conv1.weight
import torch
from torch import nn
from collections import OrderedDict


def build(names):
    return nn.Sequential(OrderedDict((name, nn.Linear(4, 4)) for name in names))


old, new = build(["fc1", "fc2"]), build(["conv1", "conv2"])
new.load_state_dict(old.state_dict())  # <- here
