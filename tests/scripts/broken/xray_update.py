# expect: missing-optimizer-step
# data: shared
# args: {data}/pneumoniamnist.npz
import sys
import numpy as np
import torch as th
import torch.nn as nn

th.manual_seed(0)


def prepare(npz, part):
    x = th.from_numpy(npz[part + '_images']).float().sub(146).div(43).unsqueeze(1)
    y = th.from_numpy(npz[part + '_labels']).long().flatten()
    return x, y


def forward_backward(model, x, y):
    model.zero_grad()
    out = model(x)
    loss = nn.functional.cross_entropy(out, y)
    loss.backward()  # <- here
    return loss.item(), (out.argmax(1) == y).float().mean().item()


npz = np.load(sys.argv[1])
(x, y), (vx, vy) = prepare(npz, 'train'), prepare(npz, 'val')
model = nn.Sequential(nn.Conv2d(1, 8, 3, 2), nn.LeakyReLU(), nn.Conv2d(8, 16, 3, 2), nn.LeakyReLU(),
                      nn.Flatten(), nn.Linear(576, 2))
optim = th.optim.Adam(model.parameters(), lr=1e-3)

for epoch in range(3):
    model.train()
    stats = []
    for idx in th.randperm(len(x)).split(64):
        stats.append(forward_backward(model, x[idx], y[idx]))
    model.eval()
    with th.no_grad():
        val = (model(vx).argmax(1) == vy).float().mean().item()
    loss, acc = np.mean(stats, axis=0)
    print(f'{epoch}: loss {loss:.4f}, train {acc:.4f}, val {val:.4f}')
