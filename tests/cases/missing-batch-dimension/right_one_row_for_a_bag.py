# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
images = torch.tensor(x / 16, dtype=torch.float32).view(-1, 1, 8, 8)


class Bag(nn.Module):
    """Reads ten images and says how much ink there is in them, in the upper and the lower half."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU())
        self.last = nn.Linear(8 * 6 * 6, 2)

    def forward(self, batch):
        return self.last(self.conv(batch).flatten(1).mean(0, keepdim=True))


def ink(bag):
    return torch.stack([bag[:, 0, :4].mean(), bag[:, 0, 4:].mean()]).unsqueeze(0)


net = Bag()
adam = torch.optim.Adam(net.parameters(), 1e-3)
for epoch in range(4):
    for rows in torch.randperm(1600).split(10):
        bag = images[rows]
        loss = nn.functional.mse_loss(net(bag), ink(bag))
        adam.zero_grad()
        loss.backward()
        adam.step()
    with torch.no_grad():
        far = torch.stack([(net(b) - ink(b)).abs().mean() for b in images[1600:1790].split(10)])
    print(f"epoch {epoch}: loss {loss.item():.6f}, far by {far.mean().item():.4f}")
