# expect: nothing
import torch
from torch.utils.data import DataLoader

optimizer = torch.optim.LBFGS([image.requires_grad_()])
for _ in range(300):
    optimizer.step(lambda: closure(image))

full = DataLoader(dataset, batch_size=len(dataset))
rprop = torch.optim.Rprop(model.parameters())
for epoch in range(100):
    x, y = next(iter(full))
    rprop.zero_grad()
    loss_fn(model(x), y).backward()
    rprop.step()
