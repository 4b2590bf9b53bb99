# expect: nothing
import torch
import torch.nn as nn
import torch.nn.functional as F

net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Dropout(0.5), nn.Linear(5408, 10))
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
switch = {"fit": net.train, "validate": net.eval}


def run(what, loader):
    switch[what]()
    hits = 0
    for xb, yb in loader:
        if what == "fit":
            opt.zero_grad()
            F.cross_entropy(net(xb), yb).backward()
            opt.step()
        else:
            with torch.no_grad():
                hits += (net(xb).argmax(1) == yb).sum().item()
    return hits


for epoch in range(10):
    run("fit", train_dl)
    print(epoch, run("validate", valid_dl))
