# expect: mixed-targets-mismatch
import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
np.random.seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32).view(-1, 1, 8, 8), torch.tensor(y)
loader = DataLoader(TensorDataset(x[:1400], y[:1400]), batch_size=50, shuffle=True)


def mixup(images, labels):
    share = float(np.random.beta(1.0, 1.0))
    wanted = F.one_hot(labels, 10).float()
    images.mul_(share).add_(images.flip(0), alpha=1 - share)  # <- here
    return images, share * wanted + (1 - share) * wanted.flip(0)


class SoftTarget(nn.Module):
    def forward(self, scores, target):
        return torch.sum(-target * F.log_softmax(scores, dim=-1), dim=-1).mean()


net = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
criterion = SoftTarget()
adam = torch.optim.Adam(net.parameters(), 3e-3)
for epoch in range(5):
    net.train()
    for images, labels in loader:
        images, wanted = mixup(images, labels)
        loss = criterion(net(images), wanted)
        adam.zero_grad()
        loss.backward()
        adam.step()
    net.eval()
    with torch.no_grad():
        right = (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item()
    print(f"epoch {epoch}: loss {loss.item():.3f}, test accuracy {right:.3f}")
