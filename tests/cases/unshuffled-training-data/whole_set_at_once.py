# expect: nothing
# Gradient descent on all samples: their order cannot matter.
import torch
from sklearn.datasets import load_digits

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
order = y[:1400].argsort()
x_train, y_train = x[order], y[order]
model = torch.nn.Sequential(torch.nn.Linear(64, 100), torch.nn.ReLU(), torch.nn.Linear(100, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for step in range(120):
    optimizer.zero_grad()
    loss = torch.nn.functional.cross_entropy(model(x_train), y_train)
    loss.backward()
    optimizer.step()
    if step % 20 == 19:
        with torch.no_grad():
            accuracy = (model(x[1400:]).argmax(1) == y[1400:]).float().mean().item()
        print(step + 1, f"{loss.item():.4f}", f"{accuracy:.3f}")
