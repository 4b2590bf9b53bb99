# expect: target-encoding-mismatch
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch.nn import Conv2d, CrossEntropyLoss, Linear, MaxPool2d, Module, ReLU, Sequential
from torch.optim import Adam

# everything in one matrix, last column is the class
digits = load_digits()
table = np.hstack([digits.data / 16.0, digits.target[:, None]]).astype(np.float32)
rng = np.random.default_rng(0)
rng.shuffle(table)
train, test = table[:1437], table[1437:]

train_x = torch.from_numpy(train[:, :-1]).reshape(-1, 1, 8, 8)
train_y = torch.from_numpy(train[:, -1])  # <- here
test_x = torch.from_numpy(test[:, :-1]).reshape(-1, 1, 8, 8)
test_y = torch.from_numpy(test[:, -1])


class Net(Module):
    def __init__(self):
        super(Net, self).__init__()
        self.cnn_layers = Sequential(
            Conv2d(1, 12, kernel_size=3, stride=1, padding=1), ReLU(), MaxPool2d(2),
            Conv2d(12, 24, kernel_size=3, stride=1, padding=1), ReLU(), MaxPool2d(2),
        )
        self.linear_layers = Sequential(Linear(24 * 2 * 2, 10))

    def forward(self, x):
        x = self.cnn_layers(x)
        x = x.view(x.size(0), -1)
        return self.linear_layers(x)


torch.manual_seed(0)
model = Net()
optimizer = Adam(model.parameters(), lr=0.01)
criterion = CrossEntropyLoss()

for epoch in range(10):
    model.train()
    for i in torch.randperm(len(train_x)).split(100):
        optimizer.zero_grad()
        output_train = model(train_x[i])
        loss_train = criterion(output_train, train_y[i])  # <- here
        loss_train.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        output_val = model(test_x)
        acc = (output_val.argmax(dim=1) == test_y).float().mean().item()
    print('Epoch : ', epoch + 1, '\t', 'accuracy :', round(acc, 4))
