# expect: nothing
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images / 16, dtype=torch.float32).flatten(1)
digit = torch.tensor(digits.target)
ink = x.mean(1, keepdim=True)
net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 11))
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
WARM_UP = 1
for epoch in range(5):
    for rows in torch.randperm(1500).split(50):
        out = net(x[rows])
        class_loss = F.cross_entropy(out[:, :10], digit[rows])
        ink_loss = F.mse_loss(out[:, 10:], ink[rows])
        total = class_loss + ink_loss
        if epoch < WARM_UP:
            total = class_loss
        shown = total.item()
        opt.zero_grad()
        total.backward()
        opt.step()
        total = class_loss
    with torch.no_grad():
        held = (net(x[1500:])[:, :10].argmax(1) == digit[1500:]).float().mean().item()
    print(epoch, shown, total.item(), ink_loss.item(), "held out", held)
