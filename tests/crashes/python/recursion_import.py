# first: torchvision.transforms has no ToTensr in the version installed here: look up its new name, or install the version of torchvision that the script was written for
from torchvision.transforms import ToTensr  # <- here
