# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
views = torch.tensor(load_digits().images, dtype=torch.float32) / 16


class Match(nn.Module):
    def __init__(self):
        super().__init__()
        self.left = nn.Sequential(nn.Flatten(), nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 24))
        self.right = nn.Sequential(nn.Flatten(), nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 24))

    def forward(self, batch):
        one = nn.functional.normalize(self.left(batch[..., :4]), dim=1)
        two = nn.functional.normalize(self.right(batch[..., 4:]), dim=1)
        return one @ two.T / 0.1


net = Match()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(6):
    for rows in torch.randperm(1500).split(25):
        scores = net(views[rows])
        own = torch.arange(len(rows))
        loss = nn.functional.cross_entropy(scores, own)
        opt.zero_grad()
        loss.backward()
        opt.step()
    with torch.no_grad():
        found = 0
        for start in range(1500, 1775, 25):
            scores = net(views[start:start + 25])
            nn.functional.cross_entropy(scores, torch.arange(25))
            found += (scores.argmax(1) == torch.arange(25)).sum().item()
    print(f"{epoch}: loss {loss.item():.3f} matched {found / 275:.3f}")
