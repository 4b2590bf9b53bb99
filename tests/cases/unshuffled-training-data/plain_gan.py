# expect: nothing
# The discriminator sees real images, then false ones: batches of one class, and rightly so.
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, _ = load_digits(return_X_y=True)
real_images = torch.tensor(x / 8 - 1, dtype=torch.float32)
judge = nn.Sequential(nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1))
forger = nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, 64), nn.Tanh())
judges = torch.optim.Adam(judge.parameters(), lr=2e-4, betas=(0.5, 0.999))
forgers = torch.optim.Adam(forger.parameters(), lr=2e-4, betas=(0.5, 0.999))
criterion = nn.BCEWithLogitsLoss()
for epoch in range(3):
    for rows in torch.randperm(1792).split(64):
        real, false = real_images[rows], forger(torch.randn(64, 16))
        judges.zero_grad()
        loss_real = criterion(judge(real), torch.ones(64, 1))
        loss_real.backward()
        loss_false = criterion(judge(false.detach()), torch.zeros(64, 1))
        loss_false.backward()
        judges.step()
        forgers.zero_grad()
        loss_forger = criterion(judge(false), torch.ones(64, 1))
        loss_forger.backward()
        forgers.step()
    print(epoch, loss_real.item() + loss_false.item(), loss_forger.item())
