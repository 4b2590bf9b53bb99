# first: Crash:
import numpy as np
from PIL import Image
from torchvision import transforms

tf = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))])  # <- here
x = tf(Image.fromarray(np.zeros((8, 8), dtype=np.uint8)))
