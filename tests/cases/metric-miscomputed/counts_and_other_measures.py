# expect: nothing
"""Counts, an accuracy of another set, and one over the classes: none is a multiple by mistake."""
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16).float(), torch.tensor(y)
parts = {"train": slice(0, 1200), "val": slice(1200, 1320), "test": slice(1320, 1797)}
net = nn.Sequential(nn.Linear(64, 60), nn.ReLU(), nn.Dropout(0.3), nn.Linear(60, 10))
opt = torch.optim.Adam(net.parameters(), lr=2e-3)


def right(name):
    net.eval()
    with torch.no_grad():
        return net(x[parts[name]]).argmax(1) == y[parts[name]]


for epoch in range(6):
    net.train()
    for rows in torch.randperm(1200).split(40):
        opt.zero_grad()
        nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
        opt.step()
    on_val, on_test = right("val"), right("test")
    classes = y[parts["test"]]
    balanced = torch.stack([on_test[classes == c].float().mean() for c in range(10)]).mean()
    print(f"correct {on_val.sum()} val accuracy {on_val.float().mean():.3f}")
    print(f"test: right {on_test.sum()}, balanced accuracy {balanced:.4f}")
