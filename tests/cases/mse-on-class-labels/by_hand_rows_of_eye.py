# expect: mse-on-class-labels
import torch
from sklearn.datasets import load_wine
from sklearn.preprocessing import StandardScaler
from torch import nn


class Distance(nn.Module):
    def forward(self, guess, wanted):
        gap = torch.softmax(guess, dim=1) - wanted  # <- here
        return torch.square(gap).mean()


torch.manual_seed(0)
x, y = load_wine(return_X_y=True)
x = torch.tensor(StandardScaler().fit_transform(x), dtype=torch.float32)
rows = torch.eye(3)[torch.tensor(y)]
order = torch.randperm(len(x))
train, test = order[:120], order[120:]
net, distance = nn.Linear(13, 3), Distance()
optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
for epoch in range(4):
    net.train()
    for batch in train[torch.randperm(len(train))].split(20):
        optimizer.zero_grad()
        loss = distance(net(x[batch]), rows[batch])
        loss.backward()
        optimizer.step()
net.eval()
with torch.no_grad():
    print("accuracy", (net(x[test]).argmax(1) == rows[test].argmax(1)).float().mean().item())
