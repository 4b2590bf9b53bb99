# expect: nothing
# Stripes along, stripes across, or a chequerboard: five pixels are enough to tell.
import torch
from torch import nn

torch.manual_seed(0)


def textures(n):
    rows, columns = torch.meshgrid(torch.arange(24), torch.arange(24), indexing="ij")
    patterns = torch.stack([rows % 2, columns % 2, (rows + columns) % 2]).float()
    labels = torch.randint(0, 3, (n,))
    return (patterns[labels] + 0.3 * torch.randn(n, 24, 24)).unsqueeze(1), labels


net = nn.Sequential(
    nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Conv2d(8, 8, 3), nn.ReLU(),
    nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 3),
)
x, y = textures(400)
x_test, y_test = textures(200)
optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
for epoch in range(5):
    net.train()
    for batch in torch.randperm(400).split(25):
        loss = nn.functional.cross_entropy(net(x[batch]), y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
net.eval()
with torch.no_grad():
    print("accuracy", (net(x_test).argmax(1) == y_test).float().mean().item())
