# expect: nothing
import torch
from torch import nn

torch.manual_seed(2)
clean = torch.nn.functional.avg_pool2d(torch.randn(240, 1, 26, 26), 3, 1)
seen = (torch.rand(240, 1, 24, 24) > 0.3).float()
hint = (clean > 0).float()


def of_seen(answer, wanted, known):
    error = ((answer * known - wanted * known) ** 2).sum() / known.sum()
    by_hand = (answer.clamp(min=0) - answer * (wanted > 0).float() + (-answer.abs()).exp().log1p())
    return error + 0.1 * by_hand.sum() / known.numel()


net = nn.Sequential(nn.Conv2d(2, 12, 3, padding=1), nn.ReLU(), nn.Conv2d(12, 1, 3, padding=1))
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
for epoch in range(6):
    for i in torch.randperm(200).split(20):
        loss = of_seen(net(torch.cat([clean[i] * seen[i], seen[i]], 1)), clean[i], seen[i])
        opt.zero_grad()
        loss.backward()
        opt.step()
    with torch.no_grad():
        held = net(torch.cat([clean[200:] * seen[200:], seen[200:]], 1))
    print(epoch, loss.item(), "held out", (held - clean[200:]).square().mean().item())
