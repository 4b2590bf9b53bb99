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
net = torch.nn.Sequential(torch.nn.Linear(12, 32), torch.nn.ReLU(), torch.nn.Linear(32, 4))
opt = torch.optim.SGD(net.parameters(), lr=0.1)
history = {"loss": [], "acc": []}
for epoch in range(3):
    epoch_loss = torch.zeros(1)
    for rows in torch.randperm(1200).split(40):
        opt.zero_grad()
        scores = net(X_train[rows])
        loss = F.cross_entropy(scores, y_train[rows])
        loss.backward()
        opt.step()
        epoch_loss = epoch_loss + loss  # <- here
    history["loss"].append(epoch_loss.item() / 30)
with torch.no_grad():
    print("val accuracy", (net(X_val).argmax(1) == y_val).float().mean().item())
