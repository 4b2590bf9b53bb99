# expect: nothing
"""A spiking network: asked once for each time step, its spikes are counted, and their rate is drawn
to the one-hot label."""

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
STEPS = 8
raw = load_digits()
x, y = torch.tensor(raw.images).float().flatten(1) / 16, torch.tensor(raw.target)


class Spike(torch.autograd.Function):
    @staticmethod
    def forward(ctx, v):
        ctx.save_for_backward(v)
        return (v >= 0).float()

    @staticmethod
    def backward(ctx, grad):
        (v,) = ctx.saved_tensors
        return grad / (1 + (3 * v) ** 2)


class Leaky(nn.Module):
    charge = 0.0

    def forward(self, current):
        self.charge = self.charge + (current - self.charge) / 2
        spikes = Spike.apply(self.charge - 1)
        self.charge = self.charge * (1 - spikes.detach())
        return spikes


net = nn.Sequential(nn.Linear(64, 120), Leaky(), nn.Linear(120, 10), Leaky())
with torch.no_grad():
    for layer in (net[0], net[2]):
        layer.weight *= 3
opt = torch.optim.Adam(net.parameters(), 2e-3)


def rate(images):
    for module in net:
        if isinstance(module, Leaky):
            module.charge = 0.0
    return sum(net((torch.rand_like(images) <= images).float()) for _ in range(STEPS)) / STEPS


for epoch in range(8):
    for rows in torch.randperm(1400).split(50):
        opt.zero_grad()
        loss = F.mse_loss(rate(x[rows]), F.one_hot(y[rows], 10).float())
        loss.backward()
        opt.step()
    with torch.no_grad():
        right = (rate(x[1400:]).argmax(1) == y[1400:]).float().mean().item()
    print(f"epoch {epoch}: {loss.item():.4f}, held out {right:.3f}")
