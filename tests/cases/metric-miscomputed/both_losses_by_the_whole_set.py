# expect: metric-miscomputed
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, SubsetRandomSampler, TensorDataset

torch.manual_seed(0)
pixels, digits = load_digits(return_X_y=True)
everything = TensorDataset(torch.tensor(pixels, dtype=torch.float32) / 16, torch.tensor(digits))
order = torch.randperm(len(everything)).tolist()
loaders = {
    "train": DataLoader(everything, batch_size=30, sampler=SubsetRandomSampler(order[:1350])),
    "val": DataLoader(everything, batch_size=30, sampler=SubsetRandomSampler(order[1350:])),
}
net = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 10))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)


def go_over(loader, learn):
    net.train(learn)
    total = 0.0
    for x, y in loader:
        with torch.set_grad_enabled(learn):
            loss = nn.functional.cross_entropy(net(x), y)
        if learn:
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        total += loss.item() * len(x)
    return total / len(loader.dataset)  # <- here


for epoch in range(6):
    train_loss = go_over(loaders["train"], True)
    val_loss = go_over(loaders["val"], False)
    print(f"{epoch} train loss {train_loss:.4f}, val loss {val_loss:.4f}")
