# first: ToTensor
import numpy as np
from PIL import Image
from torchvision import transforms

pipeline = transforms.Compose([
    transforms.Normalize((0.5,), (0.5,)),
    transforms.ToTensor(),
])
image = Image.fromarray(np.zeros((8, 8), dtype=np.uint8))
x = pipeline(image)  # <- here
