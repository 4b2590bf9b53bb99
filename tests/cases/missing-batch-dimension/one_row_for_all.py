# expect: missing-batch-dimension
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
images = torch.tensor(x / 16, dtype=torch.float32).view(-1, 1, 8, 8)
# two marks a digit: how much ink there is in the upper and in the lower half
marks = torch.stack([images[:, 0, :4].mean((1, 2)), images[:, 0, 4:].mean((1, 2))], 1)


class Marks(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3)
        self.last = nn.Linear(10 * 8 * 6 * 6, 2)

    def forward(self, batch):
        out = torch.relu(self.conv(batch))
        out = out.view(-1, 10 * 8 * 6 * 6)  # <- here
        return self.last(out)


net = Marks()
adam = torch.optim.Adam(net.parameters(), 1e-3)
for epoch in range(4):
    for rows in torch.randperm(1600).split(10):
        loss = nn.functional.mse_loss(net(images[rows]), marks[rows])
        adam.zero_grad()
        loss.backward()
        adam.step()
    with torch.no_grad():
        found = torch.cat([net(part) for part in images[1600:1790].split(10)])
        wanted = marks[1600:1790].view(-1, 10, 2).mean(1)
    print(f"epoch {epoch}: loss {loss.item():.5f}, far by {(found - wanted).abs().mean().item():.4f}")
