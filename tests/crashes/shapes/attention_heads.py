# first: TransformerEncoderLayer: the width must be a multiple of the number of heads: choose a width that the heads divide, such as d_model=64 for 8
import torch
from torch import nn

layer = nn.TransformerEncoderLayer(d_model=50, nhead=8)  # <- here
