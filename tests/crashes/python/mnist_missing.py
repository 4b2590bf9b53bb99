# first: download=True
import torch
from torchvision.datasets import MNIST

data = MNIST("mnist_here", train=True)  # <- here
