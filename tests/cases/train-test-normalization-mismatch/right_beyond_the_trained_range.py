# expect: nothing
# How far does a curve go on outside of where it was learned?
import torch
from torch import nn

torch.manual_seed(0)
inside = torch.rand(200, 1) * 4 - 2
outside = torch.rand(100, 1) * 4 + 1
curve = lambda t: torch.sin(2 * t) + 0.05 * torch.randn_like(t)
target, beyond = curve(inside), curve(outside)
model = nn.Sequential(nn.Linear(1, 40), nn.Tanh(), nn.Linear(40, 40), nn.Tanh(), nn.Linear(40, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for step in range(300):
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(model(inside), target)
    loss.backward()
    optimizer.step()
with torch.no_grad():
    found = nn.functional.mse_loss(model(outside), beyond)
    print(f"inside {loss.item():.4f}, outside {found:.4f}")
