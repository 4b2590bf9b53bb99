# expect: scheduler-misused
# The rate is lowered at a step count that stands still until a batch is together.
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
x, y = torch.tensor(digits.images).float().unsqueeze(1) / 16, torch.tensor(digits.target)
model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)


def decay(step, every=25, gamma=0.1):
    if step > 0 and step % every == 0:
        for group in optimizer.param_groups:
            group["lr"] *= gamma  # <- here


step, waiting = 0, []
while step < 120:
    waiting.append(torch.randint(0, 1400, (8,)))
    decay(step)
    if len(waiting) < 5:
        continue
    rows, waiting = torch.cat(waiting), []
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
    optimizer.step()
    step += 1
    if step % 40 == 0:
        with torch.no_grad():
            hits = (model(x[1400:]).argmax(1) == y[1400:]).float().mean().item()
        print(f"step {step}: {hits:.3f}")
