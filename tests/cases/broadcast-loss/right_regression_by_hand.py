# expect: nothing
import torch

torch.manual_seed(0)
x = torch.randn(300, 5)
t = (x * torch.arange(5.0)).sum(1, keepdim=True) + 0.1 * torch.randn(300, 1)
net = torch.nn.Linear(5, 1)
opt = torch.optim.SGD(net.parameters(), lr=0.05)
for epoch in range(10):
    for i in torch.randperm(240).split(24):
        residual = net(x[i]) - t[i]
        loss = residual.pow(2).mean() + 1e-4 * net.weight.pow(2).sum()
        opt.zero_grad()
        loss.backward()
        opt.step()
net.eval()
with torch.no_grad():
    print("error", (net(x[240:]) - t[240:]).pow(2).mean().item())
