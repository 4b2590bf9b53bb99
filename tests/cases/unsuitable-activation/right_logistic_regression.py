# expect: nothing
# One linear layer is a model in its own right.
import torch
from sklearn.datasets import load_digits
from torch import nn


class SoftmaxRegression(nn.Module):
    def __init__(self, inputs, classes):
        super().__init__()
        self.norm = nn.BatchNorm1d(inputs)
        self.drop = nn.Dropout(0.1)
        self.linear = nn.Linear(inputs, classes)

    def forward(self, x):
        return self.linear(self.drop(self.norm(x.view(x.size(0), -1))))


torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images / 16, dtype=torch.float32)
y = torch.tensor(digits.target)
perm = torch.randperm(len(y))
x, y = x[perm], y[perm]
model = SoftmaxRegression(64, 10)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
for epoch in range(6):
    model.train()
    for i in range(0, 1400, 35):
        optimizer.zero_grad()
        criterion(model(x[i : i + 35]), y[i : i + 35]).backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("accuracy", (model(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
