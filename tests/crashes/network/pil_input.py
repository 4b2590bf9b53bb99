# first: model got image, a PIL image: write transforms.ToTensor()(image).unsqueeze(0)
import numpy as np
import torch
from PIL import Image
from torch import nn

model = nn.Conv2d(1, 4, 3)
image = Image.fromarray(np.zeros((8, 8), dtype=np.uint8))
out = model(image)  # <- here
