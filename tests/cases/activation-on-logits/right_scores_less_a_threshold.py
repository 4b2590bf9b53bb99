# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
told = torch.stack([y % 2 == 0, y > 4, y % 3 == 0, (y == 0) | (y == 6) | (y == 8), y < 3], 1).float()


class Evidence(nn.Module):
    """Adds up what speaks for each answer."""

    def __init__(self):
        super().__init__()
        self.parts = nn.Sequential(nn.Linear(64, 40), nn.Softplus())
        self.threshold = nn.Parameter(torch.zeros(5))
        self.log_weight = nn.Parameter(torch.randn(40, 5) * 0.1 - 3)

    def forward(self, images):
        return self.parts(images) @ self.log_weight.exp() - self.threshold


net = Evidence()
adam = torch.optim.Adam(net.parameters(), lr=2e-2)
for epoch in range(14):
    net.train()
    for rows in torch.randperm(1400).split(50):
        adam.zero_grad()
        loss = nn.functional.binary_cross_entropy_with_logits(net(x[rows]), told[rows])
        loss.backward()
        adam.step()
    net.eval()
    with torch.no_grad():
        right = ((net(x[1400:]) > 0) == (told[1400:] > 0.5)).float().mean().item()
    print(f"epoch {epoch} loss {loss.item():.4f} right {right:.3f}")
