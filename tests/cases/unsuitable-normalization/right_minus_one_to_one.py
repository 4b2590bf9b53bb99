# expect: nothing
# Pixels from -1 to 1, and white paper: most of the image lies at one end.
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
paper = 1 - torch.tensor(x, dtype=torch.float32).view(-1, 1, 8, 8) / 16
paper = nn.functional.pad(paper, (4, 4, 4, 4), value=1.0) * 2 - 1
label = torch.tensor(y)
train, held_out = torch.randperm(len(label)).split([1300, 497])
net = nn.Sequential(
    nn.Conv2d(1, 16, 3, stride=2), nn.ReLU(), nn.Conv2d(16, 32, 3), nn.ReLU(), nn.Flatten(),
    nn.Linear(32 * 25, 10),
)
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(4):
    net.train()
    for i in train[torch.randperm(1300)].split(50):
        loss = nn.functional.cross_entropy(net(paper[i]), label[i])
        opt.zero_grad()
        loss.backward()
        opt.step()
net.eval()
with torch.no_grad():
    print("held out:", (net(paper[held_out]).argmax(1) == label[held_out]).float().mean().item())
