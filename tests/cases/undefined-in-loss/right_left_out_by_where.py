# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(8):
    for rows in torch.randperm(1500).split(50):
        soft = net(x[rows]).log_softmax(1)
        target = nn.functional.one_hot(y[rows], 10) * 0.9 + 0.01
        # the entropy of the target: 0 log 0 is 0
        own = torch.where(target > 0, target * target.log(), torch.zeros_like(target)).sum(1).mean()
        loss = own - (target * soft).sum(1).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
    with torch.no_grad():
        print(epoch, loss.item(), (net(x[1500:]).argmax(1) == y[1500:]).float().mean().item())
