# expect: missing-optimizer-step
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
d = load_digits()
data = TensorDataset(torch.tensor(d.images, dtype=torch.float32)[:, None] / 16, torch.tensor(d.target))
seen, unseen = torch.utils.data.random_split(data, [1400, 397])
net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))
how = torch.optim.RMSprop(net.parameters(), lr=1e-3)


losses = []
for epoch in range(6):
    for images, labels in DataLoader(seen, batch_size=50, shuffle=True):
        how.zero_grad()
        loss = nn.functional.cross_entropy(net(images), labels)
        losses.append(loss.item())
        loss.backward()
    print(epoch, sum(losses[-28:]) / 28)
how.step()  # <- here
with torch.no_grad():
    hits = sum((net(x).argmax(1) == y).sum().item() for x, y in DataLoader(unseen, batch_size=100))
print(hits / 397)
