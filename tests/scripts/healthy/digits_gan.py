# expect: nothing
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(999)

nz, ngf, ndf = 16, 24, 16
real_label, fake_label = 1., 0.


def weights_init(m):
    if isinstance(m, (nn.Conv2d, nn.ConvTranspose2d)):
        nn.init.normal_(m.weight, 0.0, 0.05)


netG = nn.Sequential(
    nn.ConvTranspose2d(nz, ngf * 2, 2, bias=False), nn.BatchNorm2d(ngf * 2), nn.ReLU(True),
    nn.ConvTranspose2d(ngf * 2, ngf, 4, 2, 1, bias=False), nn.BatchNorm2d(ngf), nn.ReLU(True),
    nn.ConvTranspose2d(ngf, 1, 4, 2, 1, bias=False), nn.Tanh(),
)
netD = nn.Sequential(
    nn.Conv2d(1, ndf, 4, 2, 1), nn.LeakyReLU(0.2, inplace=True),
    nn.Conv2d(ndf, ndf * 2, 4, 2, 1), nn.LeakyReLU(0.2, inplace=True),
    nn.Conv2d(ndf * 2, 1, 2), nn.Flatten(),
)
netG.apply(weights_init)
netD.apply(weights_init)

data = torch.tensor(load_digits().images, dtype=torch.float32)[:, None] / 8 - 1
dataloader = DataLoader(TensorDataset(data), batch_size=64, shuffle=True, drop_last=True)

criterion = nn.BCEWithLogitsLoss()
optimizerD = torch.optim.Adam(netD.parameters(), lr=1e-3, betas=(0.5, 0.999))
optimizerG = torch.optim.Adam(netG.parameters(), lr=1e-3, betas=(0.5, 0.999))
fixed_noise = torch.randn(64, nz, 1, 1)

for epoch in range(6):
    for i, (real,) in enumerate(dataloader):
        b_size = real.size(0)

        # (1) Update D: maximize log(D(x)) + log(1 - D(G(z)))
        netD.zero_grad()
        label = torch.full((b_size, 1), real_label)
        errD_real = criterion(netD(real), label)
        errD_real.backward()
        fake = netG(torch.randn(b_size, nz, 1, 1))
        label.fill_(fake_label)
        errD_fake = criterion(netD(fake.detach()), label)
        errD_fake.backward()
        optimizerD.step()

        # (2) Update G: maximize log(D(G(z)))
        netG.zero_grad()
        label.fill_(real_label)
        output = netD(fake)
        errG = criterion(output, label)
        errG.backward()
        optimizerG.step()

    print('[%d/6] Loss_D: %.4f Loss_G: %.4f D(G(z)): %.4f' % (
        epoch + 1, (errD_real + errD_fake).item(), errG.item(), torch.sigmoid(output).mean().item()))

netG.eval()
with torch.no_grad():
    samples = netG(fixed_noise)
print('samples: mean %.3f std %.3f (data: mean %.3f std %.3f)' % (
    samples.mean(), samples.std(), data.mean(), data.std()))
