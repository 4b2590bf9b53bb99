# expect: nothing
# A restricted Boltzmann machine: its loss is a difference of two energies, about 0 and of no level.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader

torch.manual_seed(0)
images = torch.tensor(load_digits().data / 16, dtype=torch.float32)
train, held_out = images[:1500], images[1500:]


class Boltzmann(nn.Module):
    def __init__(self, visible=64, hidden=120, steps=1):
        super().__init__()
        self.weight = nn.Parameter(0.01 * torch.randn(hidden, visible))
        self.visible_bias = nn.Parameter(torch.zeros(visible))
        self.hidden_bias = nn.Parameter(torch.zeros(hidden))
        self.steps = steps

    def hidden(self, v):
        return torch.sigmoid(F.linear(v, self.weight, self.hidden_bias)).bernoulli()

    def visible(self, h):
        return torch.sigmoid(F.linear(h, self.weight.t(), self.visible_bias)).bernoulli()

    def forward(self, v):
        with torch.no_grad():
            dream = v
            for _ in range(self.steps):
                dream = self.visible(self.hidden(dream))
        return dream

    def energy(self, v):
        hidden = F.softplus(F.linear(v, self.weight, self.hidden_bias)).sum(1)
        return -(v.mv(self.visible_bias) + hidden).mean()


model = Boltzmann()
optimizer = torch.optim.SGD(model.parameters(), lr=0.15)
for epoch in range(12):
    for batch in DataLoader(train, batch_size=50, shuffle=True):
        v = batch.bernoulli()
        loss = model.energy(v) - model.energy(model(v))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    v = held_out.bernoulli()
    print(epoch, f"{loss.item():.2f}, {(model(v) - v).abs().mean():.3f} of the pixels differ")
