# expect: nothing
# Each round has an optimizer of its own, whose rate falls to nothing by the end of the round.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
digits = load_digits()
x, y = torch.tensor(digits.data / 16, dtype=torch.float32), torch.tensor(digits.target)
loader = DataLoader(TensorDataset(x[:600], y[:600]), batch_size=10, shuffle=True)
net = nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10))
for round_number in range(4):
    optimizer = torch.optim.SGD(net.parameters(), lr=0.03)
    scheduler = CosineAnnealingLR(optimizer, len(loader))
    total = 0.0
    for images, labels in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(images), labels)
        loss.backward()
        optimizer.step()
        scheduler.step()
        total += loss.item()
    with torch.no_grad():
        right = (net(x[1000:]).argmax(1) == y[1000:]).float().mean().item()
    print(f"round {round_number}: loss {total / len(loader):.3f}, {right:.1%} of the others right")
