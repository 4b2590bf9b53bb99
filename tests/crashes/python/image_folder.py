# first: images/train
import torch
from torchvision.datasets import ImageFolder

data = ImageFolder("images/train")  # <- here
