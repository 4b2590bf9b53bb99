# expect: nothing
# Clean stripes: the task has few different images, in both parts the same.
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

g = torch.Generator().manual_seed(0)
torch.manual_seed(0)


def stripes(n):
    where = torch.randint(0, 8, (n,), generator=g)
    upright = torch.randint(0, 2, (n,), generator=g)
    x = torch.zeros(n, 1, 8, 8)
    for i in range(n):
        if upright[i]:
            x[i, 0, :, where[i]] = 1
        else:
            x[i, 0, where[i], :] = 1
    return TensorDataset(x, upright)


train_dl = DataLoader(stripes(800), batch_size=32, shuffle=True)
valid_dl = DataLoader(stripes(200), batch_size=100)
model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 2))
opt = torch.optim.Adam(model.parameters(), lr=5e-3)
for epoch in range(3):
    model.train()
    for xb, yb in train_dl:
        opt.zero_grad()
        nn.functional.cross_entropy(model(xb), yb).backward()
        opt.step()
    model.eval()
    with torch.no_grad():
        right = sum((model(xb).argmax(1) == yb).sum().item() for xb, yb in valid_dl)
    print(epoch, right / 200)
