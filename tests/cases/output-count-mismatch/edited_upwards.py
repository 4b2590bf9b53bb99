# expect: output-count-mismatch
# Fewer outputs than classes, and a number that says otherwise: the labels run out of range.
# also: labels-out-of-range
import torch
from sklearn.datasets import load_digits

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32) / 16, torch.tensor(y)
model = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 2))
model[2].out_features = 10  # <- here
opt = torch.optim.SGD(model.parameters(), lr=0.1)
for start in range(0, 1400, 100):
    loss = torch.nn.functional.cross_entropy(model(x[start : start + 100]), y[start : start + 100])
    opt.zero_grad()
    loss.backward()
    opt.step()
with torch.no_grad():
    print((model(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
