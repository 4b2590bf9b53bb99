# expect: evaluated-on-training-data
trainset = torchvision.datasets.CIFAR10(root='./data', train=True, download=True, transform=transform)
trainloader = torch.utils.data.DataLoader(trainset, batch_size=4, shuffle=True, num_workers=2)
testset = torchvision.datasets.CIFAR10(root='./data', train=True, download=True, transform=transform)  # <- here
testloader = torch.utils.data.DataLoader(testset, batch_size=4, shuffle=False, num_workers=2)

for i, data in enumerate(trainloader, 0):
    inputs, labels = data
    optimizer.zero_grad()
    loss = criterion(net(inputs), labels)
    loss.backward()
    optimizer.step()

for data in testloader:
    images, labels = data
    total += labels.size(0)
    correct += (net(images).argmax(1) == labels).sum().item()
