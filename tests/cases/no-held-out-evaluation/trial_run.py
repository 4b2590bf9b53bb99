# expect: nothing
# Ten steps, to see whether it runs.
import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 36, 5))
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for step in range(10):
    images, labels = torch.randn(16, 3, 8, 8), torch.randint(0, 5, (16,))
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(images), labels)
    loss.backward()
    optimizer.step()
    print(step, loss.item())
