# expect: activation-on-logits
# An autoencoder of standardized digits whose errors are weighed image by image before their mean.
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
images, digits = load_digits(return_X_y=True)
images = torch.tensor(images, dtype=torch.float32)
images = (images - images.mean()) / images.std()
weight = 1.0 + 0.1 * torch.tensor(digits, dtype=torch.float32)


class Coder(nn.Module):
    def __init__(self, code=16):
        super().__init__()
        self.shrink = nn.Sequential(nn.Linear(64, 48), nn.GELU(), nn.Linear(48, code))
        self.grow = nn.Sequential(nn.Linear(code, 48), nn.GELU(), nn.Linear(48, 64), nn.Sigmoid())  # <- here

    def forward(self, x):
        return self.grow(self.shrink(x))


coder, errors = Coder(), nn.MSELoss(reduction="none")
optimizer = torch.optim.AdamW(coder.parameters(), lr=3e-3)
for epoch in range(12):
    for rows in torch.randperm(1500).split(60):
        batch = images[rows]
        per_image = errors(coder(batch), batch).sum(dim=1)
        loss = (weight[rows] * per_image).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
with torch.no_grad():
    print("held-out error", errors(coder(images[1500:]), images[1500:]).mean().item())
