# expect: nothing
# Warm restarts go up and down on purpose; the plateau is given the loss it waits for.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingWarmRestarts, ReduceLROnPlateau
from torch.utils.data import DataLoader, TensorDataset

x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
train = DataLoader(TensorDataset(x[:1400], y[:1400]), batch_size=50, shuffle=True)
valid = DataLoader(TensorDataset(x[1400:], y[1400:]), batch_size=100)


def run(make_scheduler, on_batch):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    scheduler = make_scheduler(opt)
    for epoch in range(4):
        net.train()
        for a, b in train:
            opt.zero_grad()
            nn.functional.cross_entropy(net(a), b).backward()
            opt.step()
            if on_batch:
                scheduler.step()
        net.eval()
        with torch.no_grad():
            pairs = [(net(a), b) for a, b in valid]
            loss = sum(nn.functional.cross_entropy(p, b).item() for p, b in pairs) / len(pairs)
            hits = sum((p.argmax(1) == b).sum().item() for p, b in pairs) / len(valid.dataset)
        if not on_batch:
            scheduler.step(loss)
        print(epoch, loss, hits)


run(lambda opt: CosineAnnealingWarmRestarts(opt, T_0=28), on_batch=True)
run(lambda opt: ReduceLROnPlateau(opt, patience=1), on_batch=False)
