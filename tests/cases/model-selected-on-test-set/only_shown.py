# expect: nothing
"""Test accuracy after each epoch, checkpoints of the best, as many repositories do: a matter of taste."""
import torch
from sklearn.datasets import load_digits
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(4)
images, labels = load_digits(return_X_y=True)
images, labels = torch.tensor(images).float() / 16, torch.tensor(labels)
trainloader = DataLoader(TensorDataset(images[:1400], labels[:1400]), 50, shuffle=True)
testloader = DataLoader(TensorDataset(images[1400:], labels[1400:]), 100)
net = nn.Sequential(nn.Linear(64, 80), nn.ReLU(), nn.Linear(80, 10))
criterion = nn.CrossEntropyLoss()
optimizer = optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4)
scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=8)
best_acc = 0


def train():
    net.train()
    for inputs, targets in trainloader:
        optimizer.zero_grad()
        criterion(net(inputs), targets).backward()
        optimizer.step()


def test(epoch):
    global best_acc
    net.eval()
    correct = total = 0
    with torch.no_grad():
        for inputs, targets in testloader:
            predicted = net(inputs).max(1)[1]
            total += targets.size(0)
            correct += predicted.eq(targets).sum().item()
    acc = 100. * correct / total
    print(epoch, 'Test Acc: %.3f%% (%d/%d)' % (acc, correct, total))
    if acc > best_acc:
        print('Saving..')
        torch.save({'net': net.state_dict(), 'acc': acc, 'epoch': epoch}, 'ckpt.pth')
        best_acc = acc


for epoch in range(8):
    train()
    test(epoch)
    scheduler.step()
