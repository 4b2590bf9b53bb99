# expect: nothing
# All samples at once, with a closure.
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
model = nn.Linear(64, 10)
optimizer = torch.optim.LBFGS(model.parameters(), lr=1, max_iter=20, line_search_fn="strong_wolfe")


def closure():
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x[:1400]), y[:1400])
    loss.backward()
    return loss


for step in range(5):
    print(step, optimizer.step(closure).item())
with torch.no_grad():
    print((model(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
