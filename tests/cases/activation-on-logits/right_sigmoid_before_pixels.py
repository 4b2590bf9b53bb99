# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn, optim
from torch.utils.data import DataLoader

torch.manual_seed(0)
pixels = torch.tensor(load_digits().images, dtype=torch.float32).unsqueeze(1)
pixels = pixels / 16
train, held = pixels[:1400], pixels[1400:]


class Squeeze(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.Conv2d(1, 8, 3, stride=2, padding=1)
        self.up = nn.ConvTranspose2d(8, 8, 2, stride=2)
        self.last = nn.Conv2d(8, 1, 3, padding=1)

    def forward(self, x):
        return torch.sigmoid(self.last(torch.relu(self.up(torch.relu(self.down(x))))))


net = Squeeze()
step = optim.Adam(net.parameters(), lr=3e-3)
error = nn.MSELoss()
for epoch in range(5):
    net.train()
    for batch in DataLoader(train, batch_size=50, shuffle=True):
        loss = error(net(batch), batch)
        step.zero_grad()
        loss.backward()
        step.step()
    net.eval()
    with torch.no_grad():
        print("epoch", epoch, "error on unseen digits", error(net(held), held).item())
