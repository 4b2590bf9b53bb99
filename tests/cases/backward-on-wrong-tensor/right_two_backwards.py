# expect: nothing
import torch
from torch import nn

torch.manual_seed(0)
real = torch.randn(640, 2) + torch.tensor([2.0, -1.0])
netD = nn.Sequential(nn.Linear(2, 24), nn.LeakyReLU(0.2), nn.Linear(24, 1))
netG = nn.Sequential(nn.Linear(3, 24), nn.ReLU(), nn.Linear(24, 2))
criterion = nn.BCEWithLogitsLoss()
optD = torch.optim.Adam(netD.parameters(), lr=1e-3, betas=(0.5, 0.999))
optG = torch.optim.Adam(netG.parameters(), lr=1e-3, betas=(0.5, 0.999))
for i in range(50):
    batch = real[torch.randint(0, 640, (32,))]
    netD.zero_grad()
    errD_real = criterion(netD(batch).view(-1), torch.ones(32))
    errD_real.backward()
    fake = netG(torch.randn(32, 3))
    errD_fake = criterion(netD(fake.detach()).view(-1), torch.zeros(32))
    errD_fake.backward()
    errD = errD_real + errD_fake
    optD.step()
    netG.zero_grad()
    errG = criterion(netD(fake).view(-1), torch.ones(32))
    errG.backward()
    optG.step()
    if i % 25 == 0:
        print(f"step {i} loss_D {errD.item():.3f} loss_G {errG.item():.3f}")
