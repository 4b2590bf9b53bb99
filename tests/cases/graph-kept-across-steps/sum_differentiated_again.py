# expect: graph-kept-across-steps
import numpy as np
import torch
import torch.nn.functional as F

torch.manual_seed(1)
rng = np.random.default_rng(1)
centres = rng.normal(0, 1.6, (4, 12))
y_all = rng.integers(0, 4, 1600)
X_all = (centres[y_all] + rng.normal(0, 1, (1600, 12))).astype("float32")
X_train, y_train = torch.from_numpy(X_all[:1200]), torch.from_numpy(y_all[:1200])
X_val, y_val = torch.from_numpy(X_all[1200:]), torch.from_numpy(y_all[1200:])
w = torch.nn.Linear(12, 4)
opt = torch.optim.SGD(w.parameters(), lr=0.05)
total_loss = 0
for i in range(0, 1200, 40):
    out = w(X_train[i:i + 40])
    total_loss += F.cross_entropy(out, y_train[i:i + 40])  # <- here
    opt.zero_grad()
    total_loss.backward()
    opt.step()
print("val", (w(X_val).argmax(1) == y_val).float().mean().item())
