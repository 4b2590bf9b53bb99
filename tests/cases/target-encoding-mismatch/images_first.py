# expect: target-encoding-mismatch
# What is to be drawn stands where the logits are due, and the logits where the targets are.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
drawings = (torch.tensor(load_digits().data).float() > 7).float()
coder = nn.Sequential(nn.Linear(64, 24), nn.ReLU(), nn.Linear(24, 64))
adam = torch.optim.Adam(coder.parameters(), lr=3e-3)


def objective(made, wanted):
    return {"drawing": F.binary_cross_entropy_with_logits(wanted["x"], made["x"])}  # <- here


for epoch in range(4):
    total = 0.0
    for x in drawings[:1600].split(40):
        parts = objective({"x": coder(x)}, {"x": x})
        adam.zero_grad()
        loss = sum(parts.values())
        loss.backward()
        adam.step()
        total += loss.item() / 40
    with torch.no_grad():
        wrong = ((coder(drawings[1600:]) > 0).float() != drawings[1600:]).float().mean().item()
    print(epoch, round(total, 3), "wrong pixels", round(wrong, 3))
