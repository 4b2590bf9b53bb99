# expect: broadcast-loss
import numpy as np
import torch
from sklearn.datasets import load_digits

torch.manual_seed(0)
pixels = load_digits().data.astype(np.float32) / 16
share = pixels[:, :32].sum(1) / pixels.sum(1)
x, y = torch.tensor(pixels), torch.tensor(share[None])

net = torch.nn.Sequential(torch.nn.Linear(64, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1))
measure = torch.nn.MSELoss()
adam = torch.optim.Adam(net.parameters(), lr=0.02)
for i in range(60):
    adam.zero_grad()
    loss = measure(net(x[:600]), y[:, :600])  # <- here
    loss.backward()
    adam.step()
net.eval()
with torch.no_grad():
    print("mean error", (net(x[600:]).flatten() - y[0, 600:]).abs().mean().item())
