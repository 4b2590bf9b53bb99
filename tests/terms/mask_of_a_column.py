# expect: broadcast-loss
import torch
from sklearn.datasets import load_digits
from torch import nn


class Overlap(nn.Module):
    def ratio(self, said, wanted):
        both = (said * wanted).sum(-1)
        return (1 - 2 * both / (said.sum() + wanted.sum())).mean()

    def forward(self, logits, target, mask):
        said = torch.sigmoid(logits.view(-1))
        wanted = target.view(-1)
        said = said * mask  # <- here
        wanted = wanted * mask
        return self.ratio(said, wanted)


torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.data / 16, dtype=torch.float32)
y = torch.tensor(digits.target < 3).float()[:, None]
known = (torch.rand(len(x), 1) < 0.8).float()
model = nn.Sequential(nn.Linear(64, 24), nn.ReLU(), nn.Linear(24, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
loss_of = Overlap()
for epoch in range(4):
    model.train()
    for i in torch.randperm(1400).split(25):
        loss = loss_of(model(x[i]), y[i], known[i])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        print(epoch, ((model(x[1400:]) > 0) == (y[1400:] > 0)).float().mean().item())
