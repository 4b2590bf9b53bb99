# expect: nothing
"""Several draws with dropout on, averaged: how sure is the network?"""
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(0)
images, labels = load_digits(return_X_y=True)
images, labels = torch.tensor(images / 16).float(), torch.tensor(labels)
shuffled = torch.randperm(len(images))
fit, held = shuffled[:1300], shuffled[1300:]


class BayesNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(64, 128), nn.Linear(128, 10)

    def forward(self, x):
        return self.b(F.dropout(F.relu(self.a(x)), 0.3, training=True))


net = BayesNet()
opt = torch.optim.Adam(net.parameters(), 3e-3)
for epoch in range(8):
    net.train()
    for batch in fit[torch.randperm(len(fit))].split(65):
        opt.zero_grad()
        F.cross_entropy(net(images[batch]), labels[batch]).backward()
        opt.step()

net.eval()
with torch.no_grad():
    draws = torch.stack([net(images[held]).softmax(-1) for _ in range(20)])
mean, spread = draws.mean(0), draws.std(0)
print("accuracy of the mean", (mean.argmax(1) == labels[held]).float().mean().item())
print("spread where right", spread.mean().item())
