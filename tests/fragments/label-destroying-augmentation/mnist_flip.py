# expect: label-destroying-augmentation
from torchvision import datasets, transforms

train_transform = transforms.Compose([
    transforms.RandomHorizontalFlip(p=0.5),  # <- here
    transforms.RandomRotation(10),
    transforms.ToTensor(),
])
train_data = datasets.MNIST("data", train=True, download=True, transform=train_transform)
test_data = datasets.MNIST("data", train=False, transform=transforms.ToTensor())
