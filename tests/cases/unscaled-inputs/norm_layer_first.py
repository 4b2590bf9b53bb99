# expect: nothing
# Raw bytes, but the first layer is a BatchNorm.
import torch
from sklearn.datasets import load_digits

data = load_digits()
x = torch.tensor(data.data * 15, dtype=torch.float32)
y = torch.tensor(data.target)
torch.manual_seed(0)
net = torch.nn.Sequential(
    torch.nn.BatchNorm1d(64), torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10)
)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
order = torch.randperm(len(x))
train, test = order[:1400], order[1400:]
for epoch in range(5):
    net.train()
    for batch in train[torch.randperm(1400)].split(50):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(net(x[batch]), y[batch]).backward()
        optimizer.step()
net.eval()
with torch.no_grad():
    print("accuracy", (net(x[test]).argmax(1) == y[test]).float().mean().item())
