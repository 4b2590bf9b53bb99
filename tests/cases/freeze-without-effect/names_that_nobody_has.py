# expect: freeze-without-effect
import torch
from sklearn.datasets import load_digits
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(64, 96), nn.ReLU(), nn.Linear(96, 48), nn.ReLU())
        self.fc = nn.Linear(48, 10)

    def forward(self, x):
        return self.fc(self.body(x))


def fit(net, rows, epochs, lr=3e-3):
    opt = torch.optim.Adam(net.parameters(), lr=lr)
    for _ in range(epochs):
        for part in rows[torch.randperm(len(rows))].split(30):
            opt.zero_grad()
            nn.functional.cross_entropy(net(x[part]), y[part]).backward()
            opt.step()


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
net = Net()
fit(net, torch.arange(0, 900), epochs=5)
# keep the features, adapt the classifier to the rest
for name, param in net.named_parameters():
    if name.startswith("features"):  # <- here
        param.requires_grad = False
fit(net, torch.arange(900, 1400), epochs=5)
with torch.no_grad():
    print("test", (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
