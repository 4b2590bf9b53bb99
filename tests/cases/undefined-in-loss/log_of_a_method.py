# expect: undefined-in-loss
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Focal(nn.Module):
    def forward(self, scores, labels):
        p = scores.softmax(1).gather(1, labels[:, None]).squeeze(1)
        p = p * (p > 0.05)
        return (-(1 - p) ** 2 * p.log()).mean()  # <- here


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32), torch.tensor(y)
net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
loss_of = Focal()
opt = torch.optim.SGD(net.parameters(), lr=0.02)
for epoch in range(5):
    for images, labels in DataLoader(TensorDataset(x[:1500], y[:1500]), 30, shuffle=True):
        loss = loss_of(net(images), labels)
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(epoch, loss.item(), (net(x[1500:]).argmax(1) == y[1500:]).float().mean().item())
