# expect: metric-miscomputed
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
clean = torch.tensor(load_digits().images, dtype=torch.float32)[:, None] / 16
noisy = clean + 0.25 * torch.randn_like(clean)
train_dl = DataLoader(TensorDataset(noisy[:1400], clean[:1400]), 40, shuffle=True)
dev_dl = DataLoader(TensorDataset(noisy[1400:], clean[1400:]), 100)
denoiser = nn.Sequential(nn.Conv2d(1, 12, 3, padding=1), nn.ReLU(), nn.Conv2d(12, 1, 3, padding=1))
opt = torch.optim.Adam(denoiser.parameters(), lr=3e-3)


class Epochs:
    loss_fn = nn.L1Loss()

    def train(self):
        seen = []
        for x, t in train_dl:
            opt.zero_grad()
            loss = self.loss_fn(denoiser(x), t)
            loss.backward()
            opt.step()
            seen.append(loss.item())
        return sum(seen) / len(seen)

    def check(self):
        denoiser.eval()
        with torch.no_grad():
            seen = [self.loss_fn(x, t).item() for x, t in dev_dl]  # <- here
        denoiser.train()
        return sum(seen) / len(seen)


run = Epochs()
for epoch in range(5):
    print("epoch {} train {:.4f} dev {:.4f}".format(epoch, run.train(), run.check()))  # <- here
