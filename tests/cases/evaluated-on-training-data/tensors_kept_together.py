# expect: evaluated-on-training-data
# The first 400 rows were to be kept out, but training draws from all of them.
import torch
from sklearn.datasets import load_digits

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
net = torch.nn.Sequential(torch.nn.Linear(64, 100), torch.nn.ReLU(), torch.nn.Linear(100, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(5):
    net.train()
    for rows in torch.randperm(len(x)).split(50):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        predicted = net(x[:400]).argmax(1)  # <- here
    print(f"epoch {epoch}: test accuracy {(predicted == y[:400]).float().mean():.3f}")
