# expect: transform-never-applied
transform_train = transforms.Compose([
    transforms.RandomCrop(32, padding=4),
    transforms.RandomHorizontalFlip(),
    transforms.ToTensor(),
])
trainset = torchvision.datasets.CIFAR10(root='./data', train=True, download=True, transform=transform_train)
X_train = torch.Tensor(trainset.data).permute(0, 3, 1, 2)  # <- here
y_train = torch.tensor(trainset.targets)
train_loader = DataLoader(TensorDataset(X_train, y_train), batch_size=128, shuffle=True)
