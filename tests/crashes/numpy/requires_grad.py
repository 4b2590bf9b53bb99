# first: outputs.detach().numpy()
import torch
from torch import nn

model = nn.Linear(4, 3)
x, y = torch.randn(16, 4), torch.randint(0, 3, (16,))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(3):
    outputs = model(x)
    loss = nn.functional.cross_entropy(outputs, y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    predicted = outputs.numpy().argmax(1)  # <- here
