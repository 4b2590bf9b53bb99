# expect: nothing
from torchvision import datasets
from torchvision import transforms as T

tfms = {
    "train": T.Compose([T.RandomCrop(32, padding=4), T.RandomHorizontalFlip(), T.ToTensor()]),
    "test": T.Compose([T.ToTensor()]),
}
train = datasets.CIFAR100("data", train=True, transform=tfms["train"])
test = datasets.CIFAR100("data", train=False, transform=tfms["test"])
