# expect: train-test-leakage
import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

torch.manual_seed(0)
source = load_digits()
pictures, names = [], []
for picture, name in zip(source.images[:300] / 16, source.target[:300]):
    for copy in (picture, picture * 0.9, gaussian_filter(picture, 0.5), gaussian_filter(picture, 0.5)):
        pictures.append(copy)
        names.append(name)
a, b, ya, yb = train_test_split(np.float32(pictures), names, test_size=0.3, random_state=0)  # <- here
a, b, ya, yb = map(torch.tensor, (a, b, ya, yb))
net = nn.Sequential(nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
opt = torch.optim.Adam(net.parameters(), lr=3e-3)


def share_right(x, y):
    net.eval()
    with torch.no_grad():
        return (net(x).argmax(1) == y).float().mean().item()


for epoch in range(8):
    net.train()
    for i in torch.randperm(len(a)).split(30):
        opt.zero_grad()
        nn.functional.cross_entropy(net(a[i]), ya[i]).backward()
        opt.step()
    print(epoch, "test accuracy", share_right(b, yb))
fresh = torch.tensor(source.images[300:] / 16, dtype=torch.float32)
print("others", share_right(fresh, torch.tensor(source.target[300:])))
