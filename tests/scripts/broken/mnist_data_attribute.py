# expect: loss-cut-from-model
# data: shared
# args: {data}
# ported from an old (0.3) script with Variables
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F
import torchvision.datasets as datasets
import torchvision.transforms as transforms

batch_size = 100
num_epochs = 2

tf = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
train_dataset = torch.utils.data.Subset(datasets.MNIST(sys.argv[1], train=True, transform=tf), range(2000))
test_dataset = torch.utils.data.Subset(datasets.MNIST(sys.argv[1], train=False, transform=tf), range(500))
train_loader = torch.utils.data.DataLoader(train_dataset, batch_size=batch_size, shuffle=True)
test_loader = torch.utils.data.DataLoader(test_dataset, batch_size=batch_size, shuffle=False)


class CNNModel(nn.Module):
    def __init__(self):
        super(CNNModel, self).__init__()
        self.cnn1 = nn.Conv2d(1, 8, 5)
        self.maxpool1 = nn.MaxPool2d(2)
        self.cnn2 = nn.Conv2d(8, 16, 5)
        self.maxpool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(16 * 4 * 4, 10)

    def forward(self, x):
        out = self.maxpool1(F.relu(self.cnn1(x)))
        out = self.maxpool2(F.relu(self.cnn2(out)))
        return self.fc1(out.view(out.size(0), -1))


torch.manual_seed(0)
model = CNNModel()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)

iteration = 0
for epoch in range(num_epochs):
    for images, labels in train_loader:
        model.train()
        optimizer.zero_grad()
        outputs = model(images).data  # <- here
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()
        iteration += 1

        if iteration % 20 == 0:
            model.eval()
            correct = 0
            with torch.no_grad():
                for test_images, test_labels in test_loader:
                    predicted = torch.max(model(test_images), 1)[1]
                    correct += (predicted == test_labels).sum().item()
            print('Iteration: {}. Loss: {}. Accuracy: {}'.format(
                iteration, loss.item(), 100 * correct / len(test_dataset)))
