# expect: nothing
norm = transforms.Normalize((0.5,), (0.5,))
train_tf = transforms.Compose([transforms.RandomRotation(5), transforms.ToTensor(), norm])
test_tf = transforms.Compose([transforms.ToTensor(), norm])
shown_tf = transforms.Compose([transforms.ToTensor()])
trainloader = DataLoader(datasets.MNIST('data', train=True, transform=train_tf), shuffle=True)
testloader = DataLoader(datasets.MNIST('data', train=False, transform=test_tf))
showloader = DataLoader(datasets.MNIST('data', train=False, transform=shown_tf))

net = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
optimizer = optim.SGD(net.parameters(), lr=0.1)
for x, y in trainloader:
    optimizer.zero_grad()
    F.cross_entropy(net(x), y).backward()
    optimizer.step()
for x, y in testloader:
    correct += (net(x).argmax(1) == y).sum().item()
for x, y in showloader:
    plt.imshow(x[0, 0])
