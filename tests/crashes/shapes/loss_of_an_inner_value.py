# first: inner has shape [4, 8, 2, 2], but restored has [4, 3, 8, 8]: give the loss a prediction and its target: of inner and restored one is neither, but what lies in between
import torch
from torch import nn

encoder = nn.Conv2d(3, 8, 4, stride=4)
decoder = nn.ConvTranspose2d(8, 3, 4, stride=4)
images = torch.rand(4, 3, 8, 8)
inner = encoder(images)
restored = decoder(inner)
loss = nn.functional.mse_loss(inner, restored)  # <- here
