# expect: nothing
from torchvision import datasets, transforms

train_transform = transforms.Compose([transforms.RandomHorizontalFlip(), transforms.ToTensor()])
train_data = datasets.FashionMNIST("data", train=True, download=True, transform=train_transform)
test_data = datasets.MNIST("data", train=False, transform=transforms.ToTensor())
