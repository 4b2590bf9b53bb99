# first: ToTensor
import torch
from torchvision import transforms

to_tensor = transforms.ToTensor()
x = to_tensor(torch.rand(3, 8, 8))  # <- here
