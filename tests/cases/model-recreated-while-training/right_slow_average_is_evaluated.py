# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32) / 16, torch.tensor(y)
order = torch.randperm(len(x))
x, y = x[order], y[order]
net = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 10))
average = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(0.995))
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(8):
    net.train()
    for part in torch.randperm(1300).split(50):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x[part]), y[part]).backward()
        optimizer.step()
        average.update_parameters(net)
    average.eval()
    with torch.no_grad():
        good = (average(x[1300:]).argmax(1) == y[1300:]).float().mean().item()
    print("epoch", epoch, "validation accuracy", good)
