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
def make():
    return torch.nn.Sequential(torch.nn.Linear(12, 32), torch.nn.ReLU(), torch.nn.Linear(32, 4))


net, slow = make(), make()
opt = torch.optim.SGD(net.parameters(), lr=0.1)
best_acc, best_sd = 0, None
for epoch in range(6):
    for rows in torch.randperm(1200).split(40):
        opt.zero_grad()
        F.cross_entropy(net(X_train[rows]), y_train[rows]).backward()
        opt.step()
    slow.load_state_dict(net.state_dict())  # the slow copy follows once an epoch
    with torch.no_grad():
        acc = (slow(X_val).argmax(1) == y_val).float().mean().item()
    if acc > best_acc:
        best_acc = acc
        best_sd = {k: v.detach().clone() for k, v in net.state_dict().items()}
net.load_state_dict(best_sd)
with torch.no_grad():
    print("val", (net(X_val).argmax(1) == y_val).float().mean().item())
