# first: resnet19 | torchvision.models
import torch
from torchvision.models import resnet19  # <- here
