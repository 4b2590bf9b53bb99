# first: model(x) and x of shape [4, 1, 28, 28] do not fit: 27 against 28 in dimension 3: write F.interpolate(model(x), size=x.shape[2:]), or padding (for ConvTranspose output_padding=1) that keeps the size
import torch
from torch import nn


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc = nn.Conv2d(1, 4, 3, stride=2)
        self.dec = nn.ConvTranspose2d(4, 1, 3, stride=2)

    def forward(self, x):
        return self.dec(self.enc(x))


model = Autoencoder()
x = torch.rand(4, 1, 28, 28)
loss = ((model(x) - x) ** 2).mean()  # <- here
loss.backward()
