# expect: nothing
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
# the losses of 30 batches are summed on purpose: one backward and one step an epoch
model = torch.nn.Sequential(torch.nn.Linear(12, 32), torch.nn.ReLU(), torch.nn.Linear(32, 4))
opt = torch.optim.Adam(model.parameters(), lr=0.02)
for epoch in range(25):
    total = 0
    for i in range(0, 1200, 40):
        total += F.cross_entropy(model(X_train[i:i + 40]), y_train[i:i + 40])
    opt.zero_grad()
    (total / 30).backward()
    opt.step()
    print(epoch, total.item() / 30)
with torch.no_grad():
    print("val accuracy", (model(X_val).argmax(1) == y_val).float().mean().item())
