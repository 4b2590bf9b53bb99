# expect: nll-without-log-softmax
# data: shared
# args: {data}
import sys
import torch, torchvision
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim

n_epochs = 2
batch_size_train = 64
batch_size_test = 500
learning_rate = 0.01
momentum = 0.5
random_seed = 1
torch.manual_seed(random_seed)


def mnist(train, count):
    ds = torchvision.datasets.MNIST(
        sys.argv[1], train=train,
        transform=torchvision.transforms.Compose([
            torchvision.transforms.ToTensor(),
            torchvision.transforms.Normalize((0.1307,), (0.3081,))]))
    return torch.utils.data.Subset(ds, range(count))


train_loader = torch.utils.data.DataLoader(mnist(True, 4000), batch_size=batch_size_train, shuffle=True)
test_loader = torch.utils.data.DataLoader(mnist(False, 1000), batch_size=batch_size_test, shuffle=False)


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.conv1 = nn.Conv2d(1, 10, kernel_size=5)
        self.conv2 = nn.Conv2d(10, 20, kernel_size=5)
        self.conv2_drop = nn.Dropout2d(p=0.2)
        self.fc1 = nn.Linear(320, 50)
        self.fc2 = nn.Linear(50, 10)

    def forward(self, x):
        x = F.relu(F.max_pool2d(self.conv1(x), 2))
        x = F.relu(F.max_pool2d(self.conv2_drop(self.conv2(x)), 2))
        x = x.view(-1, 320)
        x = F.relu(self.fc1(x))
        return self.fc2(x)


network = Net()
optimizer = optim.SGD(network.parameters(), lr=learning_rate, momentum=momentum)


def train(epoch):
    network.train()
    for batch_idx, (data, target) in enumerate(train_loader):
        optimizer.zero_grad()
        output = network(data)
        loss = F.nll_loss(output, target)  # <- here
        loss.backward()
        optimizer.step()
        if batch_idx % 20 == 0:
            print('Train Epoch: {} [{}/{}]\tLoss: {:.6f}'.format(
                epoch, batch_idx * len(data), len(train_loader.dataset), loss.item()))


def test():
    network.eval()
    correct = 0
    with torch.no_grad():
        for data, target in test_loader:
            pred = network(data).argmax(dim=1)
            correct += pred.eq(target).sum().item()
    print('Test set: Accuracy: {}/{} ({:.0f}%)\n'.format(
        correct, len(test_loader.dataset), 100. * correct / len(test_loader.dataset)))


for epoch in range(1, n_epochs + 1):
    train(epoch)
    test()
