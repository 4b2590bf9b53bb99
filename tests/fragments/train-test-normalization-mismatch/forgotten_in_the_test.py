# expect: train-test-normalization-mismatch
train_tf = transforms.Compose([transforms.RandomCrop(32, padding=4), transforms.ToTensor(),
                               transforms.Normalize((0.49, 0.48, 0.44), (0.2, 0.2, 0.2))])
test_tf = transforms.Compose([transforms.ToTensor()])  # <- here
trainset = torchvision.datasets.CIFAR10('data', train=True, transform=train_tf)
testset = torchvision.datasets.CIFAR10('data', train=False, transform=test_tf)
trainloader = DataLoader(trainset, batch_size=64, shuffle=True)
testloader = DataLoader(testset, batch_size=64)

net = torchvision.models.resnet18(num_classes=10)
optimizer = optim.SGD(net.parameters(), lr=0.1)
for x, y in trainloader:
    optimizer.zero_grad()
    F.cross_entropy(net(x), y).backward()
    optimizer.step()
net.eval()
for x, y in testloader:
    correct += (net(x).argmax(1) == y).sum().item()
