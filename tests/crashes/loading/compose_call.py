# first: Compose takes one list of transforms: write Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
from torchvision import transforms

tf = transforms.Compose(transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,)))  # <- here
