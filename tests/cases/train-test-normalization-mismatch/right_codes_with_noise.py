# expect: nothing
# The decoder is given noisy codes in training and their means in evaluation, as an encoder makes them.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x = torch.tensor(load_digits().data).float() / 16


class Coder:
    def __init__(self, size=32):
        self.encoder = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 2 * size))
        self.decoder = nn.Sequential(nn.Linear(size, 48), nn.ReLU(), nn.Linear(48, 64), nn.Sigmoid())
        self.optimizer = torch.optim.Adam(
            [*self.encoder.parameters(), *self.decoder.parameters()], lr=3e-3
        )

    def step(self, rows, noisy):
        mean, log_var = self.encoder(rows).chunk(2, 1)
        code = mean + torch.randn_like(mean) * (log_var / 2).exp() if noisy else mean
        kl = (mean**2 + log_var.exp() - 1 - log_var).sum(1).mean() / 2
        return nn.functional.mse_loss(self.decoder(code), rows), kl


coder = Coder()
train = DataLoader(TensorDataset(x[:1400]), batch_size=50, shuffle=True)
held_out = DataLoader(TensorDataset(x[1400:]), batch_size=100)
for epoch in range(8):
    for (rows,) in train:
        error, kl = coder.step(rows, noisy=True)
        coder.optimizer.zero_grad()
        (error + 2e-3 * kl).backward()
        coder.optimizer.step()
    with torch.no_grad():
        errors = [coder.step(rows, noisy=False)[0].item() for (rows,) in held_out]
    print(f"epoch {epoch}: held out {sum(errors) / len(errors):.4f}")
