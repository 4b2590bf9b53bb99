# expect: backward-on-wrong-tensor
import torch
import torch.nn.functional as F
from torch import nn


class TwoHeads(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(8, 32)
        self.kind = nn.Linear(32, 3)
        self.size = nn.Linear(32, 1)

    def forward(self, x):
        h = torch.relu(self.body(x))
        return self.kind(h), self.size(h).squeeze(1)


torch.manual_seed(0)
x = torch.randn(700, 8)
kind = x[:, :3].argmax(1)
size = x[:, 3] * 2 + x[:, 4]
net = TwoHeads()
opt = torch.optim.Adam(net.parameters(), lr=0.005)
for epoch in range(5):
    net.train()
    for i in torch.randperm(600).split(30):
        kinds, sizes = net(x[i])
        loss_kind = F.cross_entropy(kinds, kind[i])
        loss_size = F.mse_loss(sizes, size[i])  # <- here
        loss = loss_kind + 0.5 * loss_size
        opt.zero_grad()
        loss_kind.backward()  # <- here
        opt.step()
    print(epoch, loss.item())
net.eval()
with torch.no_grad():
    kinds, sizes = net(x[600:])
    print("accuracy", (kinds.argmax(1) == kind[600:]).float().mean().item())
    print("error", (sizes - size[600:]).abs().mean().item())
