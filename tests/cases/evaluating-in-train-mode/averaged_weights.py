# expect: nothing
# Running statistics for averaged weights are gathered in train mode, on training data.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.optim.swa_utils import AveragedModel
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
data = TensorDataset(torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y))
train, test = random_split(data, [1300, 497])
loader = DataLoader(train, 50, shuffle=True)
net = nn.Sequential(nn.Linear(64, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 10))
average = AveragedModel(net)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
for epoch in range(6):
    net.train()
    for a, b in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(a), b).backward()
        optimizer.step()
    if epoch >= 2:
        average.update_parameters(net)

average.train()
for layer in average.modules():
    if isinstance(layer, nn.BatchNorm1d):
        layer.reset_running_stats()
with torch.no_grad():
    for a, _ in loader:
        average(a)

average.eval()
with torch.no_grad():
    hits = sum((average(a).argmax(1) == b).sum().item() for a, b in DataLoader(test, 100))
print("test accuracy", hits / len(test))
