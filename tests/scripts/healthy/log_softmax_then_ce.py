# expect: nothing
# result: test accuracy ([\d.]+)
import torch
import torch.nn as nn
import torch.optim as optim
from sklearn import datasets
from sklearn.model_selection import train_test_split
from torch.utils.data import TensorDataset, DataLoader

# Hyperparameters
num_classes = 10
learning_rate = 0.002
batch_size = 32
num_epochs = 6

torch.manual_seed(8)
data = datasets.load_digits()
X_train, X_test, y_train, y_test = train_test_split(
    data.images, data.target, test_size=0.2, random_state=8, stratify=data.target)
X_train = torch.FloatTensor(X_train).unsqueeze(1) / 16
X_test = torch.FloatTensor(X_test).unsqueeze(1) / 16
y_train, y_test = torch.LongTensor(y_train), torch.LongTensor(y_test)

train_loader = DataLoader(dataset=TensorDataset(X_train, y_train), batch_size=batch_size, shuffle=True)
test_loader = DataLoader(dataset=TensorDataset(X_test, y_test), batch_size=batch_size, shuffle=False)


class CNN(nn.Module):
    def __init__(self, num_classes):
        super(CNN, self).__init__()
        self.layer1 = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU())
        self.layer2 = nn.Sequential(nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(),
                                    nn.MaxPool2d(2))
        self.fc = nn.Linear(32 * 4 * 4, num_classes)
        self.softmax = nn.LogSoftmax(dim=1)

    def forward(self, x):
        x = self.layer1(x)
        x = self.layer2(x)
        x = x.view(x.size(0), -1)
        x = self.fc(x)
        return self.softmax(x)


model = CNN(num_classes)
criterion = nn.CrossEntropyLoss()
optimizer = optim.Adam(model.parameters(), lr=learning_rate)


def check_accuracy(loader, model):
    num_correct = 0
    num_samples = 0
    model.eval()
    with torch.no_grad():
        for x, y in loader:
            scores = model(x)
            _, predictions = scores.max(1)
            num_correct += (predictions == y).sum()
            num_samples += predictions.size(0)
    model.train()
    return float(num_correct) / float(num_samples) * 100


for epoch in range(num_epochs):
    for batch_idx, (data, targets) in enumerate(train_loader):
        scores = model(data)
        loss = criterion(scores, targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f'Epoch [{epoch + 1}/{num_epochs}], loss {loss.item():.4f}, '
          f'test accuracy {check_accuracy(test_loader, model):.2f}')
