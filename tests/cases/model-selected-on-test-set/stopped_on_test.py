# expect: model-selected-on-test-set
import torch, torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset
torch.manual_seed(0)
x, y = load_digits(return_X_y=True); x = torch.tensor(x / 16).float() + .3*torch.randn(1797, 64); y = torch.tensor(y)
train_loader = DataLoader(TensorDataset(x[:1400], y[:1400]), 64, shuffle=True)
test_loader = DataLoader(TensorDataset(x[1400:], y[1400:]), 64)
class EarlyStopping:
    def __init__(self, patience=3):
        self.patience, self.best, self.bad, self.state = patience, float('inf'), 0, None
    def step(self, loss, model):
        if loss < self.best:  # <- here
            self.best, self.bad = loss, 0
            self.state = {k: v.clone() for k, v in model.state_dict().items()}
        else:
            self.bad += 1
        return self.bad >= self.patience
def evaluate(m):
    m.eval(); l = c = 0
    with torch.no_grad():
        for a, b in test_loader:
            o = m(a); l += nn.functional.cross_entropy(o, b, reduction='sum').item(); c += (o.argmax(1) == b).sum().item()
    return l / 397, c / 397
m = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10)); o = torch.optim.Adam(m.parameters(), 5e-3)
stopper = EarlyStopping()
for e in range(40):
    m.train()
    for a, b in train_loader: o.zero_grad(); nn.functional.cross_entropy(m(a), b).backward(); o.step()
    loss, acc = evaluate(m)
    if stopper.step(loss, m): break
m.load_state_dict(stopper.state)
print('Test accuracy: %.4f' % evaluate(m)[1])
