# expect: nothing
import torch, torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset
torch.manual_seed(0)
d = load_digits(); x = torch.tensor(d.images / 16).float()[:, None]; y = torch.tensor(d.target)
m = nn.Sequential(nn.Conv2d(1, 16, 3), nn.BatchNorm2d(16, momentum=0.99), nn.ReLU(), nn.Conv2d(16, 16, 3), nn.BatchNorm2d(16, momentum=0.99, eps=1e-3), nn.ReLU(), nn.Flatten(), nn.Linear(256, 10))
tr = DataLoader(TensorDataset(x[:1400], y[:1400]), 64, shuffle=True); te = DataLoader(TensorDataset(x[1400:], y[1400:]), 64)
o = torch.optim.Adam(m.parameters(), 2e-3)
for e in range(5):
    m.train()
    for a, b in tr: o.zero_grad(); nn.functional.cross_entropy(m(a), b).backward(); o.step()
    m.eval()
    with torch.no_grad(): print(e, 'acc', sum((m(a).argmax(1) == b).sum().item() for a, b in te) / 397)
