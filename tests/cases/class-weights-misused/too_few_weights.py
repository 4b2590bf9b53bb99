# expect: class-weights-misused
import torch
from torch import nn

torch.manual_seed(0)
x, y = torch.randn(300, 6), torch.randint(0, 4, (300,))
model = nn.Linear(6, 4)
weight = torch.tensor([1.0, 2.0, 2.0])  # <- here
criterion = nn.CrossEntropyLoss(weight)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for i in torch.randperm(300).split(30):
    loss = criterion(model(x[i]), y[i])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
