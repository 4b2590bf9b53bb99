# expect: labels-out-of-range
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
pixels = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
ranks = torch.tensor(digits.target) + 1  # <- here
order = torch.randperm(len(ranks))
train, test = order[:1400], order[1400:]
net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=0.005)
for epoch in range(4):
    net.train()
    for batch in train[torch.randperm(len(train))].split(100):
        optimizer.zero_grad()
        F.cross_entropy(net(pixels[batch]), ranks[batch]).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        print(epoch, (net(pixels[test]).argmax(1) == ranks[test]).float().mean().item())
