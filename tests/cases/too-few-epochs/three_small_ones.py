# expect: too-few-epochs
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits

digits = load_digits()
X = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16
Y = torch.tensor(digits.target)
torch.manual_seed(4)
w1 = torch.nn.Conv2d(1, 12, 3)
w2 = torch.nn.Conv2d(12, 24, 3)
w3 = torch.nn.Linear(24 * 16, 10)
net = torch.nn.Sequential(w1, torch.nn.ReLU(), w2, torch.nn.ReLU(), torch.nn.Flatten(), w3)
adam = torch.optim.Adam(net.parameters(), 2e-4)
epoch = 0
while epoch < 1:  # <- here
    for batch in torch.randperm(1400).split(40):
        adam.zero_grad()
        loss = F.cross_entropy(net(X[batch]), Y[batch])
        loss.backward()
        adam.step()
    epoch += 1
    print("epoch", epoch, "loss", loss.item())
with torch.no_grad():
    print("accuracy", (net(X[1400:]).argmax(1) == Y[1400:]).float().mean().item())
