# expect: nothing
# also: no-held-out-evaluation
import torch
from torch import nn

torch.manual_seed(0)
real = torch.randn(512, 2) * 0.5 + 2
generator = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 2))
critic = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
opt_g = torch.optim.Adam(generator.parameters(), lr=1e-3)
opt_c = torch.optim.Adam(critic.parameters(), lr=1e-3)
mse = nn.MSELoss()
one, zero = torch.ones(1), torch.zeros(1, 1)
for step in range(60):
    batch = real[torch.randint(0, 512, (32,))]
    fake = generator(torch.randn(32, 4))
    opt_c.zero_grad()
    loss_c = mse(critic(batch), one.expand(32, 1)) + (critic(fake.detach()) - zero).pow(2).mean()
    loss_c.backward()
    opt_c.step()
    opt_g.zero_grad()
    loss_g = (critic(fake) - one).pow(2).mean()
    loss_g.backward()
    opt_g.step()
print("mean of fakes", generator(torch.randn(256, 4)).mean(0).tolist())
