# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x = torch.tensor(load_digits().data / 16, dtype=torch.float32)
x = (x > 0.5).float()
model = nn.Sequential(nn.Linear(64, 24), nn.ReLU(), nn.Linear(24, 64), nn.Sigmoid())
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
for epoch in range(4):
    model.train()
    for i in torch.randperm(1500).split(50):
        loss = (model(x[i]) - x[i]).pow(2).sum(1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("error on unseen digits", (model(x[1500:]) - x[1500:]).pow(2).mean().item())
