# first: hidden
import torch
from torch import nn

torch.manual_seed(0)
encoder, head = nn.Linear(8, 8), nn.Linear(8, 2)
x, y = torch.randn(32, 8), torch.randint(0, 2, (32,))
optimizer = torch.optim.SGD(head.parameters(), lr=0.1)
hidden = torch.tanh(encoder(x))
for step in range(5):
    loss = nn.functional.cross_entropy(head(hidden), y)
    optimizer.zero_grad()
    loss.backward()  # <- here
    optimizer.step()
