# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(4)
digits = load_digits()
x = torch.tensor(digits.data / 16, dtype=torch.float32)
x = x + 0.7 * torch.randn_like(x)  # a poor camera
y = torch.tensor(digits.target)
order = torch.randperm(len(x))
train = DataLoader(TensorDataset(x[order[:1300]], y[order[:1300]]), batch_size=50, shuffle=True)
test = DataLoader(TensorDataset(x[order[1300:]], y[order[1300:]]), batch_size=100)
number_of = torch.tensor([7, 4, 9, 0, 2, 8, 1, 3, 6, 5])  # as the older network has them
net = nn.Sequential(nn.Linear(64, 100), nn.ReLU(), nn.Linear(100, 10))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for epoch in range(5):
    net.train()
    for a, b in train:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(a), number_of[b]).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        hits = sum((net(a).argmax(1) == number_of[b]).sum().item() for a, b in test)
    print(f"epoch {epoch}: accuracy {hits / 497:.3f}")
