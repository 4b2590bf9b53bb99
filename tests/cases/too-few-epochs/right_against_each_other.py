# expect: nothing
# A GAN after a few rounds: the discriminator's loss falls, and how far it gets says nothing.
import torch
from torch import nn

torch.manual_seed(0)
real = torch.randn(640, 2) * 0.3 + torch.tensor([1.0, -1.0])
generator = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 2))
judge = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
opt_g = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999))
opt_d = torch.optim.Adam(judge.parameters(), lr=2e-4, betas=(0.5, 0.999))
bce = nn.BCEWithLogitsLoss()
for epoch in range(2):
    for batch in real[torch.randperm(640)].split(32):
        ones, zeros = torch.ones(len(batch), 1), torch.zeros(len(batch), 1)
        fake = generator(torch.randn(len(batch), 4))
        opt_d.zero_grad()
        loss_d = bce(judge(batch), ones) + bce(judge(fake.detach()), zeros)
        loss_d.backward()
        opt_d.step()
        opt_g.zero_grad()
        loss_g = bce(judge(fake), ones)
        loss_g.backward()
        opt_g.step()
    print(epoch, loss_d.item(), loss_g.item())
