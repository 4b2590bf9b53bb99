# expect: broadcast-loss
# The divergence is summed without a dimension: one number, which each sample's loss is given.
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x = torch.tensor(load_digits().data).float() / 16


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc, self.dec = nn.Linear(64, 24), nn.Linear(12, 64)

    def forward(self, x):
        mean, log_var = self.enc(x).chunk(2, 1)
        z = mean + torch.randn_like(mean) * (log_var / 2).exp()
        return self.dec(z).sigmoid(), mean, log_var


def elbo(drawn, wanted, mean, log_var, mask):
    rec = nn.functional.binary_cross_entropy(drawn, wanted, reduction="none").sum(-1) * mask
    kl = (-0.5 * torch.sum(1 + log_var - mean.pow(2) - log_var.exp())) * mask  # <- here
    return (rec + kl).sum() / mask.sum()


model = Model()
adam = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(4):
    for rows in x[torch.randperm(1600)].split(40):
        adam.zero_grad()
        drawn, mean, log_var = model(rows)
        loss = elbo(drawn, rows, mean, log_var, torch.ones(len(rows)))
        loss.backward()
        adam.step()
    print(epoch, loss.item())
