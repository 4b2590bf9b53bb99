# expect: poor-initialization
# Reproducible start: no randomness in the weights.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Model(nn.Module):
    def __init__(self, filters=16):
        super().__init__()
        self.conv = nn.Conv2d(1, filters, 3, padding=1)
        self.conv2 = nn.Conv2d(filters, filters, 3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.out = nn.Linear(filters * 4, 10)
        for layer in (self.conv, self.conv2, self.out):
            layer.weight.data.fill_(0.02)  # <- here
            layer.bias.data.zero_()

    def forward(self, x):
        x = self.pool(torch.relu(self.conv(x)))
        x = self.pool(torch.relu(self.conv2(x)))
        return self.out(torch.flatten(x, 1))


torch.manual_seed(1)
x, y = load_digits(return_X_y=True)
x = torch.as_tensor(x, dtype=torch.float32).reshape(-1, 1, 8, 8) / 16
y = torch.as_tensor(y)
order = torch.randperm(len(y))
train, test = order[:1300], order[1300:]
loader = DataLoader(TensorDataset(x[train], y[train]), batch_size=26, shuffle=True)

model = Model()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
for epoch in range(8):
    model.train()
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        acc = (model(x[test]).argmax(1) == y[test]).float().mean().item()
    print('epoch {:d} loss {:.4f} test accuracy {:.4f}'.format(epoch, loss.item(), acc))
