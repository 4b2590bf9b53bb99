# expect: nothing
# How much each weight matters is measured on single training samples, and that loop is left early;
# the figures are those of tensors that no loader ever held.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(4)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
learned, held_out = TensorDataset(x[:1200], y[:1200]), (x[1200:], y[1200:])
net = nn.Sequential(nn.Linear(64, 80), nn.GELU(), nn.Linear(80, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)


def importance(count):
    total = {name: torch.zeros_like(p) for name, p in net.named_parameters()}
    net.eval()
    for number, (image, label) in enumerate(DataLoader(learned, batch_size=1, shuffle=True)):
        if number == count:
            break
        net.zero_grad()
        nn.functional.cross_entropy(net(image), label).backward()
        for name, p in net.named_parameters():
            total[name] += p.grad**2 / count
    return total


for images_first in range(2):
    for _ in range(8):
        net.train()
        for images, labels in DataLoader(learned, batch_size=40, shuffle=True):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(images), labels).backward()
            optimizer.step()
    weights = importance(60)
    net.eval()
    with torch.no_grad():
        right = (net(held_out[0]).argmax(1) == held_out[1]).float().mean()
    print(f"test accuracy {right:.4f}, largest {max(w.max() for w in weights.values()):.3g}")
