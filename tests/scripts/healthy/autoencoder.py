# expect: nothing
# result: held out ([\d.]+)
# better: lower
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(3)


class ConvAutoencoder(nn.Module):
    def __init__(self, code=12):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 16, 3, stride=2, padding=1), nn.LeakyReLU(0.2),
            nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.LeakyReLU(0.2),
            nn.Flatten(), nn.Linear(128, code),
        )
        self.decoder = nn.Sequential(
            nn.Linear(code, 128), nn.LeakyReLU(0.2), nn.Unflatten(1, (32, 2, 2)),
            nn.ConvTranspose2d(32, 16, 2, stride=2), nn.LeakyReLU(0.2),
            nn.ConvTranspose2d(16, 1, 2, stride=2), nn.Sigmoid(),
        )

    def forward(self, x):
        return self.decoder(self.encoder(x))


images = torch.tensor(load_digits().images / 16, dtype=torch.float32).unsqueeze(1)
train, test = random_split(TensorDataset(images), [1500, len(images) - 1500])
train_loader = DataLoader(train, batch_size=50, shuffle=True)
test_loader = DataLoader(test, batch_size=100)

net = ConvAutoencoder()
mse = nn.MSELoss()
opt = torch.optim.Adam(net.parameters(), lr=4e-3)

for epoch in range(10):
    net.train()
    for (batch,) in train_loader:
        opt.zero_grad()
        loss = mse(net(batch), batch)
        loss.backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        errors = torch.cat([((net(b) - b) ** 2).flatten(1).mean(1) for (b,) in test_loader])
    print(f"[{epoch + 1:02d}] reconstruction error: train {loss.item():.4f} held out {errors.mean():.4f}")
