# expect: nothing
import torch
from torch.optim.lr_scheduler import StepLR

for fold in range(5):
    model = build()
    optimizer = torch.optim.Adam(model.parameters())
    scheduler = StepLR(optimizer, step_size=3)
    for epoch in range(12):
        for x, y in loaders[fold]:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
        scheduler.step()
