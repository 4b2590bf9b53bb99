# expect: nothing
# The network after its first epoch is looked at once more beside the last: both on purpose.
import copy

import torch
from sklearn.datasets import load_digits
from torch import nn

digits = load_digits()
x = torch.tensor(digits.images, dtype=torch.float32).flatten(1) / 16
y = torch.tensor(digits.target)
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
snapshots, history = {}, []
for epoch in range(8):
    for batch in torch.randperm(1200).split(40):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x[batch]), y[batch]).backward()
        optimizer.step()
    with torch.no_grad():
        history.append((model(x[1200:]).argmax(1) == y[1200:]).float().mean().item())
    if epoch == 0:
        snapshots["early"] = copy.deepcopy(model.state_dict())
print("accuracy of each epoch", [round(a, 3) for a in history])
early = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
early.load_state_dict(snapshots["early"])
with torch.no_grad():
    differ = (early(x[1200:]).argmax(1) != model(x[1200:]).argmax(1)).float().mean().item()
print("answers that changed since the first epoch", round(differ, 3))
