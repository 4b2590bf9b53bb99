# first: .float().mean()
import torch
from torch import nn

model = nn.Linear(6, 2)
x, y = torch.randn(40, 6), torch.randint(0, 2, (40,))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for step in range(3):
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
correct = model(x).argmax(1) == y
print("accuracy", correct.long().mean().item())  # <- here
