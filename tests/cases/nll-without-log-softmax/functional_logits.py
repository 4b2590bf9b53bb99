# expect: nll-without-log-softmax
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
bunch = load_digits()
x, y = torch.tensor(bunch.data / 16, dtype=torch.float32), torch.tensor(bunch.target)
shuffled = torch.randperm(len(y))
fit, check = shuffled[:1437], shuffled[1437:]
mlp = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 10))
optimizer = torch.optim.Adam(mlp.parameters(), lr=1e-3)
for epoch in range(4):
    mlp.train()
    for rows in fit[torch.randperm(len(fit))].split(32):
        scores = mlp(x[rows])
        loss = F.nll_loss(scores, y[rows])  # <- here
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
    mlp.eval()
    with torch.no_grad():
        accuracy = (mlp(x[check]).argmax(1) == y[check]).float().mean().item()
    print(f"{epoch} loss {loss.item():.2f} accuracy {accuracy:.3f}")
