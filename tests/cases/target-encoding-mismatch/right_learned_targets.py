# expect: nothing
# The labels are learned along with the network, and squared errors may stand either way round.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
x, y = torch.tensor(digits.data).float() / 16, torch.tensor(digits.target)
body = nn.Sequential(nn.Linear(64, 32), nn.ReLU())
scores, drawing = nn.Linear(32, 10), nn.Linear(32, 64)
believed = nn.Parameter(8 * F.one_hot(y[:1400], 10).float())
parts = [*body.parameters(), *scores.parameters(), *drawing.parameters()]
optimizer = torch.optim.Adam([{"params": parts}, {"params": [believed], "lr": 0.01}], lr=3e-3)
for epoch in range(6):
    for rows in torch.randperm(1400).split(50):
        h = body(x[rows])
        given = scores(h)
        wanted = believed[rows].softmax(1)
        loss = F.cross_entropy(given, wanted) + 0.1 * F.mse_loss(x[rows], drawing(h))
        loss = loss + 0.05 * F.kl_div(given.detach().log_softmax(1), wanted, reduction="batchmean")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        right = (scores(body(x[1400:])).argmax(1) == y[1400:]).float().mean().item()
    print(epoch, round(loss.item(), 3), "test accuracy", round(right, 3))
