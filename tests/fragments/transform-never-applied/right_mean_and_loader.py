# expect: nothing
transform_train = transforms.Compose([transforms.RandomHorizontalFlip(), transforms.ToTensor()])
trainset = torchvision.datasets.CIFAR10(root='./data', train=True, download=True, transform=transform_train)
print("mean", trainset.data.mean(axis=(0, 1, 2)) / 255, "of", len(trainset))
train_loader = DataLoader(trainset, batch_size=128, shuffle=True)
plain = torchvision.datasets.CIFAR10(root='./data', train=False)
x_test = plain.data / 255
