# expect: nothing
# Two views of each sample find each other within the batch: the numbers are places, not classes.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32).flatten(1) / 16
loader = DataLoader(
    TensorDataset(images, torch.tensor(digits.target)), batch_size=64, shuffle=True, drop_last=True
)
encoder = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 32))
optimizer = torch.optim.Adam(encoder.parameters(), lr=0.002)
for epoch in range(4):
    total = 0.0
    for x, _ in loader:
        views = (x + 0.2 * torch.randn_like(x) for _ in range(2))
        one, two = (nn.functional.normalize(encoder(view)) for view in views)
        similar = one @ two.T / 0.2
        loss = nn.functional.cross_entropy(similar, torch.arange(len(x)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch}: {total / len(loader):.3f}")
torch.save(encoder.state_dict(), "encoder.pt")
