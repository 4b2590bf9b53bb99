# expect: nothing
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

rng = np.random.default_rng(0)
STROKES = np.zeros((6, 10, 10), np.float32)
STROKES[0, 2, :], STROKES[1, 7, :], STROKES[2, :, 2], STROKES[3, :, 7] = 1, 1, 1, 1
STROKES[4], STROKES[5] = np.eye(10), np.eye(10)[::-1]


def draw(count):
    tags = np.zeros((count, 6), np.float32)
    for row in tags:
        row[rng.permutation(6)[: rng.integers(1, 5)]] = 1
    pictures = np.einsum("nk,kij->nij", tags, STROKES).clip(0, 1)
    pictures += rng.normal(0, 0.3, pictures.shape)
    return torch.tensor(pictures, dtype=torch.float32)[:, None], torch.tensor(tags)


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 12, 3)
        self.out = nn.Linear(12 * 64, 6)

    def forward(self, x):
        return self.out(torch.relu(self.conv(x)).flatten(1))


torch.manual_seed(0)
x, t = draw(1500)
x_new, t_new = draw(400)
net = Tagger()
steps = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(5):
    for rows in torch.randperm(len(x)).split(50):
        loss = F.binary_cross_entropy_with_logits(net(x[rows]), t[rows])
        steps.zero_grad()
        loss.backward()
        steps.step()
    with torch.no_grad():
        said = (net(x_new).sigmoid() > 0.5).float()
    print(f"epoch {epoch}: {(said == t_new).float().mean().item():.3f} of the tags right")
