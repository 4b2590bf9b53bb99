# expect: nothing
# Two views of each image attract each other (InfoNCE): cross_entropy chooses among the other
# samples of the batch, not among the classes of the data.
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(4)
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
data = TensorDataset(images, torch.tensor(digits.target))
encoder = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
    nn.Linear(256, 64), nn.ReLU(), nn.Linear(64, 32),
)
optimizer = torch.optim.Adam(encoder.parameters(), lr=1e-3)


def view(x):
    shift = torch.randint(-1, 2, (2,)).tolist()
    return torch.roll(x, shift, dims=(2, 3)) + 0.1 * torch.randn_like(x)


for epoch in range(4):
    for x, _ in DataLoader(data, batch_size=64, shuffle=True, drop_last=True):
        n = len(x)
        rows = F.normalize(encoder(torch.cat([view(x), view(x)])), dim=1)
        alike = rows @ rows.T / 0.2
        other = ~torch.eye(2 * n, dtype=torch.bool)
        pair = torch.eye(n, dtype=torch.bool).repeat(2, 2) & other
        logits = torch.cat([alike[pair].view(2 * n, 1), alike[other & ~pair].view(2 * n, -1)], 1)
        loss = F.cross_entropy(logits, torch.zeros(2 * n, dtype=torch.long))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
