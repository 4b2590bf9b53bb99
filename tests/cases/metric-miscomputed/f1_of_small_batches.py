# expect: metric-miscomputed
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def macro_f1(predicted, actual):
    found = []
    for c in torch.cat([predicted, actual]).unique():
        tp = ((predicted == c) & (actual == c)).sum()
        found.append(2 * tp / ((predicted == c).sum() + (actual == c).sum()))
    return torch.stack(found).mean().item()


torch.manual_seed(0)
images, labels = load_digits(return_X_y=True)
data = TensorDataset(torch.tensor(images / 16, dtype=torch.float32).view(-1, 1, 8, 8), torch.tensor(labels))
fit, held_out = torch.utils.data.random_split(data, [1400, 397])
net = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(144, 10))
opt = torch.optim.Adam(net.parameters(), 1e-3)
for epoch in range(4):
    for xb, yb in DataLoader(fit, 35, shuffle=True):
        loss = nn.functional.cross_entropy(net(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
    with torch.no_grad():
        scores = [macro_f1(net(xb).argmax(1), yb) for xb, yb in DataLoader(held_out, 8)]
    f1 = sum(scores) / len(scores)  # <- here
    print(f"epoch {epoch} loss {loss.item():.3f} F1: {f1:.4f}")
