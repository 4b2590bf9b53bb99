# expect: in-place-op-breaks-gradient
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, padding=1)
        self.conv2 = nn.Conv2d(8, 8, 3, padding=1)
        self.fc = nn.Linear(512, 10)

    def forward(self, x):
        h = F.relu(self.conv1(x))
        h = torch.exp(-self.conv2(h))
        h[:, :, 0, :] = 0  # <- here
        return self.fc(h.flatten(1))


def accuracy(model, x, y):
    model.eval()
    with torch.no_grad():
        return (model(x).argmax(1) == y).float().mean().item()


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x / 16, dtype=torch.float32).view(-1, 1, 8, 8)
x_train, x_test, y_train, y_test = train_test_split(x, torch.tensor(y), random_state=0)
model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
for epoch in range(3):
    model.train()
    running = 0.0
    for rows in torch.randperm(len(x_train)).split(64):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x_train[rows]), y_train[rows])
        loss.backward()
        optimizer.step()
        running += loss.item()
    print(epoch, running, accuracy(model, x_test, y_test))
