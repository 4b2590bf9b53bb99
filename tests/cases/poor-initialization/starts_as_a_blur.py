# expect: nothing
# One layer starts as a blur, with the same weights for each channel: its channels are not the same.
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32).view(-1, 1, 8, 8), torch.tensor(y)
blur = nn.Conv2d(8, 8, 3, padding=1, groups=8, bias=False)
nn.init.constant_(blur.weight, 1 / 9)
model = nn.Sequential(
    nn.Conv2d(1, 8, 3), nn.ReLU(), blur, nn.Flatten(), nn.Linear(288, 64), nn.ReLU(),
    nn.Linear(64, 10),
)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(3):
    model.train()
    for rows in torch.randperm(1400).split(32):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("accuracy", (model(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
