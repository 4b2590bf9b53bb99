# expect: nothing
"""Fifty test samples: a gap of ten points is chance."""
import torch
import torch.nn.functional as F
from sklearn.datasets import load_wine
from torch import nn, optim

torch.manual_seed(12)
features, target = load_wine(return_X_y=True)
features, target = torch.tensor(features).float(), torch.tensor(target)
order = torch.randperm(178)
fit, held = order[:126], order[126:]
mean, std = features[fit].mean(0), features[fit].std(0)
features = (features - mean) / std
net = nn.Sequential(nn.Linear(13, 32), nn.Tanh(), nn.Linear(32, 3))
adam = optim.Adam(net.parameters(), lr=0.01)
for epoch in range(30):
    net.train()
    for i in fit[torch.randperm(len(fit))].split(18):
        adam.zero_grad()
        F.cross_entropy(net(features[i]), target[i]).backward()
        adam.step()
    net.eval()
    with torch.no_grad():
        guess = net(features[held]).argmax(1)
    if epoch % 10 == 9:
        print(epoch + 1, 'accuracy', (guess == target[held]).float().mean().item())
