# expect: missing-batch-dimension
import torch
from sklearn.datasets import load_iris
from torch import nn

torch.manual_seed(0)
iris = load_iris()
x = torch.tensor((iris.data - iris.data.mean(0)) / iris.data.std(0), dtype=torch.float32)
y = torch.tensor(iris.target)
net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))
optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
order = torch.randperm(150)
for step in range(100):
    optimizer.zero_grad()
    batch = order[torch.randint(0, 120, (30,))]
    nn.functional.cross_entropy(net(x[batch]), y[batch]).backward()
    optimizer.step()
net.eval()
hits = 0
for i in order[120:]:
    out = net(x[i])  # <- here
    prob = torch.softmax(out, dim=1)
    hits += int(prob.argmax() == y[i])
print(hits, "of 30")
