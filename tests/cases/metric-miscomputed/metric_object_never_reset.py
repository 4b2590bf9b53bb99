# expect: metric-miscomputed
import torch, torch.nn as nn
from torchmetrics.classification import MulticlassAccuracy
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset
torch.manual_seed(0)
x, y = load_digits(return_X_y=True); x = torch.tensor(x / 16).float() + .3*torch.randn(1797, 64); y = torch.tensor(y)
tr = DataLoader(TensorDataset(x[:1400], y[:1400]), 64, shuffle=True); te = DataLoader(TensorDataset(x[1400:], y[1400:]), 64)
m = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)); o = torch.optim.Adam(m.parameters(), 1e-3)
metric = MulticlassAccuracy(num_classes=10, average='micro')
for e in range(5):
    m.train()
    for a, b in tr: o.zero_grad(); nn.functional.cross_entropy(m(a), b).backward(); o.step()
    m.eval()
    with torch.no_grad():
        for a, b in te: metric.update(m(a), b)
    print(f'epoch {e} val accuracy {metric.compute():.4f}')  # <- here
