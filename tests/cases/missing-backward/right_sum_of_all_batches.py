# expect: nothing
# One step a pass, through the sum of the losses of all batches: the whole data set at once.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(1)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
opt = torch.optim.Adam(net.parameters(), lr=0.05)
criterion = nn.CrossEntropyLoss()
loader = DataLoader(TensorDataset(x[:1400], y[:1400]), 70, shuffle=True)
for epoch in range(40):
    total = 0
    for images, labels in loader:
        total = total + criterion(net(images), labels) / len(loader)
    opt.zero_grad()
    total.backward()
    opt.step()
net.eval()
with torch.no_grad():
    print(total.item(), (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
