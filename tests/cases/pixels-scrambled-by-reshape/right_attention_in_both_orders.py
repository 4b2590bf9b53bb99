# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Axial(nn.Module):
    """Along the rows of every image, then along its columns; eight images in a batch of eight rows."""

    def __init__(self):
        super().__init__()
        self.lift = nn.Linear(1, 16)
        self.place = nn.Parameter(0.1 * torch.randn(8, 8, 16))
        self.rows = nn.MultiheadAttention(16, 2)
        self.columns = nn.MultiheadAttention(16, 2, batch_first=True)
        self.memory = nn.GRU(16, 32)
        self.head = nn.Linear(32, 10)

    def forward(self, images):
        n = len(images)
        x = self.lift(images.unsqueeze(-1)) + self.place
        seq = x.permute(1, 0, 2, 3).reshape(8, n * 8, 16)
        x = x + self.rows(seq, seq, seq)[0].view(8, n, 8, 16).permute(1, 0, 2, 3)
        seq = x.reshape(n * 8, 8, 16)
        x = x + self.columns(seq, seq, seq)[0].view(n, 8, 8, 16)
        states, _ = self.memory(x.mean(2).transpose(0, 1))
        return self.head(states[-1])


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32).view(-1, 8, 8), torch.tensor(y)
loader = DataLoader(TensorDataset(x[:600], y[:600]), batch_size=8, shuffle=True)
net = Axial()
adam = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(4):
    net.train()
    for images, digit in loader:
        adam.zero_grad()
        nn.functional.cross_entropy(net(images), digit).backward()
        adam.step()
    net.eval()
    with torch.no_grad():
        print(epoch, (net(x[1200:]).argmax(1) == y[1200:]).float().mean().item())
