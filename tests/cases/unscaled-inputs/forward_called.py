# expect: unscaled-inputs
# The network is called by its forward, as older courses do.
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
pixels = torch.tensor(digits.images * 15.9, dtype=torch.float32)  # <- here
labels = torch.tensor(digits.target)
X_train, y_train, X_test, y_test = pixels[:1300], labels[:1300], pixels[1300:], labels[1300:]


class DigitsNet(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.fc1 = nn.Linear(64, hidden)
        self.act = nn.Sigmoid()
        self.fc2 = nn.Linear(hidden, 10)

    def forward(self, x):
        return self.fc2(self.act(self.fc1(x.flatten(1))))


net = DigitsNet(40)
loss = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.02)
for epoch in range(4):
    for batch in torch.randperm(len(X_train)).split(100):
        optimizer.zero_grad()
        value = loss(net.forward(X_train[batch]), y_train[batch])
        value.backward()
        optimizer.step()
    with torch.no_grad():
        print(epoch, (net.forward(X_test).argmax(dim=1) == y_test).float().mean())
