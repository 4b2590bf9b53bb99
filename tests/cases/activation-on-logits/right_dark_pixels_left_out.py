# expect: nothing
# Only pixels that are lit count; what a sigmoid cannot reach are the others.
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
images, _ = load_digits(return_X_y=True)
images = torch.tensor(images, dtype=torch.float32) / 16
known = images > 0
images = torch.where(known, images, torch.tensor(-1.0))  # -1: not measured
coder = nn.Sequential(
    nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 64), nn.Sigmoid()
)
optimizer = torch.optim.Adam(coder.parameters(), lr=3e-3)
for epoch in range(12):
    for rows in torch.randperm(1500).split(60):
        errors = nn.functional.mse_loss(coder(images[rows]), images[rows], reduction="none")
        loss = (errors * known[rows]).sum() / known[rows].sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
with torch.no_grad():
    errors = (coder(images[1500:]) - images[1500:]).square()[known[1500:]]
print("held-out error", errors.mean().item())
