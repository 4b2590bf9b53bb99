# expect: metric-miscomputed
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
torch.manual_seed(0)


class Fit:
    def __init__(self):
        self.net = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 10))
        self.opt = torch.optim.Adam(self.net.parameters(), lr=2e-3)

    def train(self, images, labels):
        self.net.train()
        losses = []
        for rows in torch.randperm(len(images)).split(50):
            loss = F.cross_entropy(self.net(images[rows]), labels[rows])
            self.opt.zero_grad()
            loss.backward()
            self.opt.step()
            losses.append(loss.item())
        return sum(losses) / len(losses)

    @torch.no_grad()
    def test(self, images, labels):
        self.net.eval()
        parts = list(zip(images.split(50), labels.split(50)))
        for a, b in parts:
            total = 0.0
            total += F.cross_entropy(self.net(a), b).item()
        return total / len(parts)  # <- here


fit = Fit()
for epoch in range(4):
    train_loss = fit.train(x[:1300], y[:1300])
    test_loss = fit.test(x[1300:], y[1300:])
    print(f"{epoch}: train loss {train_loss:.4f} test loss {test_loss:.4f}")  # <- here
