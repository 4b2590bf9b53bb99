# expect: class-weights-misused
# also: accuracy-on-imbalanced-classes
import torch
from torch import nn


class Detector(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, x):
        return self.layers(x).squeeze(1)


def train(x, y, epochs=4):
    pos_weight = y.sum() / (1 - y).sum()  # <- here
    loss_fn = nn.BCEWithLogitsLoss(pos_weight=pos_weight)
    model = Detector()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
    for epoch in range(epochs):
        model.train()
        for i in torch.randperm(len(x)).split(40):
            optimizer.zero_grad()
            loss_fn(model(x[i]), y[i]).backward()
            optimizer.step()
    return model


torch.manual_seed(0)
x = torch.randn(1600, 10)
y = (x[:, 0] - x[:, 3] + torch.randn(1600) > 2.2).float()
model = train(x[:1200], y[:1200])
model.eval()
with torch.no_grad():
    alarm = model(x[1200:]) > 0
sick = y[1200:] == 1
print("found", (alarm & sick).sum().item(), "of", sick.sum().item())
print("accuracy", (alarm == sick).float().mean().item())
