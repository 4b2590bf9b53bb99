# expect: loss-cut-from-model
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32).view(-1, 1, 8, 8), torch.tensor(y)
loader = DataLoader(TensorDataset(x[:1400], y[:1400]), batch_size=50, shuffle=True)


class TwoTasks(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 12, 3), nn.ReLU(), nn.Flatten())
        self.digit = nn.Linear(12 * 36, 10)
        self.parity = nn.Linear(12 * 36, 2)

    def forward(self, images):
        features = self.body(images)
        return self.digit(features), self.parity(features)


net = TwoTasks()
adam = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(5):
    net.train()
    for images, labels in loader:
        digit, parity = net(images)
        second = F.cross_entropy(parity, labels % 2)
        loss = F.cross_entropy(digit, labels) + 0.5 * second.item()  # <- here
        adam.zero_grad()
        loss.backward()
        adam.step()
    net.eval()
    with torch.no_grad():
        digit, parity = net(x[1400:])
    right = (digit.argmax(1) == y[1400:]).float().mean().item()
    even = (parity.argmax(1) == y[1400:] % 2).float().mean().item()
    print(f"epoch {epoch} digits {right:.3f} parity {even:.3f}")
