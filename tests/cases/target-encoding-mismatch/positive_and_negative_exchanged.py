# expect: target-encoding-mismatch
# torch's triplet loss is given the negative where the positive is due.
import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(4)
generator = np.random.default_rng(4)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
embed = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 24))
sgd = torch.optim.SGD(embed.parameters(), lr=0.05, momentum=0.9)
loader = DataLoader(TensorDataset(x[:1400], y[:1400]), batch_size=70, shuffle=True)


def partners(labels):
    """For each image another one of its class, and one of another class, out of the batch."""
    labels = labels.numpy()
    alike = [generator.choice(np.flatnonzero(labels == c)) for c in labels]
    different = [generator.choice(np.flatnonzero(labels != c)) for c in labels]
    return torch.tensor(np.array(alike)), torch.tensor(np.array(different))


for epoch in range(5):
    for images, labels in loader:
        alike, different = partners(labels)
        anchor, positive, negative = (embed(images[i]) for i in (slice(None), alike, different))
        sgd.zero_grad()
        loss = F.triplet_margin_loss(anchor, negative, positive, margin=0.4)  # <- here
        loss.backward()
        sgd.step()
with torch.no_grad():
    nearest = torch.cdist(embed(x[1400:]), embed(x[:1400])).argmin(1)
print("nearest neighbour of the same class:", (y[:1400][nearest] == y[1400:]).float().mean().item())
