# expect: unscaled-inputs
import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(0)
grid = torch.linspace(0, 1, 16)
waves = torch.sin(6 * (grid[:, None] + grid)[None] * torch.rand(400, 1, 1) + 3 * torch.rand(400, 1, 1))
photos = ((waves + 1) * 127.5).byte().unsqueeze(1)


class Squeeze(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.Conv2d(1, 8, 4, stride=4)
        self.up = nn.ConvTranspose2d(8, 1, 4, stride=4)

    def forward(self, x):
        return torch.sigmoid(self.up(torch.relu(self.down(x))))


net = Squeeze()
opt = torch.optim.Adam(net.parameters(), lr=1e-2)
for epoch in range(10):
    for batch in photos.float().split(40):
        rebuilt = net(batch)
        loss = F.binary_cross_entropy(rebuilt, batch)  # <- here
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(epoch, loss.item())
