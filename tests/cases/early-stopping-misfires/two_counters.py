# expect: early-stopping-misfires
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32) / 16, torch.tensor(y)
net = nn.Sequential(nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
lowest, waited_for_rate, waited = float("inf"), 0, 0
for epoch in range(40):
    net.train()
    for rows in torch.randperm(1000).split(50):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        val_loss = nn.functional.cross_entropy(net(x[1000:1400]), y[1000:1400]).item()
    if val_loss < lowest:
        lowest, best = val_loss, {k: v.clone() for k, v in net.state_dict().items()}
    else:
        waited_for_rate += 1
        waited += 1  # <- here
    if waited_for_rate == 3:
        optimizer.param_groups[0]["lr"] *= 0.5
        waited_for_rate = 0
    if waited >= 6:  # patience
        print("early stop", epoch)
        break
net.load_state_dict(best)
with torch.no_grad():
    print("test accuracy", (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
