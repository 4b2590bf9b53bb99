# expect: model-selected-on-test-set
import torch, torch.nn as nn
from sklearn.datasets import load_digits
torch.manual_seed(0)
x, y = load_digits(return_X_y=True); x = torch.tensor(x / 16).float() + .5*torch.randn(1797, 64); y = torch.tensor(y)
xtr, ytr, xte, yte = x[:1500], y[:1500], x[1500:], y[1500:]
results = {}
for lr in [1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2]:
    m = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)); o = torch.optim.Adam(m.parameters(), lr)
    for e in range(6):
        m.train()
        for i in torch.randperm(1500).split(50): o.zero_grad(); nn.functional.cross_entropy(m(xtr[i]), ytr[i]).backward(); o.step()
    m.eval()
    with torch.no_grad(): acc = (m(xte).argmax(1) == yte).float().mean().item()
    results[lr] = acc
best = max(results, key=results.get)
print(f'best lr {best}: test accuracy {results[best]:.4f}')  # <- here
