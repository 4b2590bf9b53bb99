# expect: early-stopping-misfires
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
net = torch.nn.Sequential(torch.nn.Linear(12, 32), torch.nn.ReLU(), torch.nn.Linear(32, 4))
opt = torch.optim.Adam(net.parameters(), lr=0.02)
min_val_loss = np.inf
trigger_times = 0
patience = 3
for epoch in range(1, 20):
    for rows in torch.randperm(1200).split(30):
        opt.zero_grad()
        F.cross_entropy(net(X_train[rows]), y_train[rows]).backward()
        opt.step()
    with torch.no_grad():
        current_loss = F.cross_entropy(net(X_val), y_val).item()
    print("epoch", epoch, current_loss)
    if current_loss > min_val_loss:
        trigger_times += 1  # <- here
        if trigger_times >= patience:
            print("Early stopping!")
            break
    else:
        min_val_loss = current_loss
