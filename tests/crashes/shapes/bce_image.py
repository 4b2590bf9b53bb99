# first: model(x) has shape [4, 1, 27, 27], but x has [4, 1, 28, 28]: write F.interpolate(model(x), size=x.shape[2:]), or padding (for ConvTranspose output_padding=1) that keeps the size
import torch
from torch import nn

model = nn.Sequential(nn.Conv2d(1, 4, 3, stride=2), nn.ConvTranspose2d(4, 1, 3, stride=2), nn.Sigmoid())
x = torch.rand(4, 1, 28, 28)
loss = nn.BCELoss()(model(x), x)  # <- here
loss.backward()
