# expect: nothing
# The logits are kept within bounds, for half precision's sake.
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
body = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
opt = torch.optim.SGD(body.parameters(), 0.2)
for epoch in range(8):
    body.train()
    for rows in torch.randperm(1400).split(40):
        logits = body(x[rows]).clamp(-20, 20)
        loss = nn.functional.cross_entropy(logits, y[rows])
        opt.zero_grad()
        loss.backward()
        opt.step()
    body.eval()
    with torch.no_grad():
        print(epoch, loss.item(), (body(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
