# expect: nothing
# Maps to tokens and back, columns for a recurrent layer, channels in groups: dimensions are moved first.
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)


class Mixed(nn.Module):
    def __init__(self, width=24):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, width, 3, stride=2, padding=1), nn.GELU())
        self.place = nn.Parameter(torch.zeros(1, 16, width))
        self.mix = nn.TransformerEncoderLayer(width, 4, 48, dropout=0.0, batch_first=True)
        self.refine = nn.Conv2d(width, width, 3, padding=1)
        self.groups = nn.Linear(4 * 16, 4 * 16)
        self.rnn = nn.GRU(4 * width, 32, batch_first=True)
        self.head = nn.Linear(32, 10)

    def forward(self, image):
        maps = self.stem(image)
        b, c, h, w = maps.shape
        tokens = self.mix(maps.flatten(2).transpose(1, 2) + self.place)
        maps = maps + self.refine(tokens.permute(0, 2, 1).reshape(b, c, h, w))
        maps = maps + self.groups(maps.view(b, 6, -1)).view(b, c, h, w)
        columns = maps.permute(0, 3, 1, 2).reshape(b, w, c * h)
        return self.head(self.rnn(columns)[0][:, -1])


x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32).view(-1, 1, 8, 8), torch.tensor(y)
net = Mixed()
optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3)
for epoch in range(7):
    net.train()
    for rows in torch.randperm(1400).split(40):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
        optimizer.step()
net.eval()
with torch.no_grad():
    print("test accuracy", (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
