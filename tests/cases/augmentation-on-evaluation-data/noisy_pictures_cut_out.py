# expect: nothing
# Digits are to be found under noise, which each look at a picture draws anew, in both parts alike.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset, random_split

torch.manual_seed(0)


class NoisyDigits(Dataset):
    def __init__(self):
        self.pictures = torch.tensor(load_digits().images, dtype=torch.float32) / 16

    def __len__(self):
        return 900

    def __getitem__(self, index):
        picture = self.pictures[index]
        return (picture + 0.3 * torch.randn_like(picture))[None], (picture > 0.5).long()


train, valid = random_split(NoisyDigits(), [700, 200])
net = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 16, 3, padding=1), nn.ReLU(),
    nn.Conv2d(16, 2, 1),
)
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(3):
    net.train()
    for noisy, mask in DataLoader(train, batch_size=32, shuffle=True):
        loss = nn.functional.cross_entropy(net(noisy), mask)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        hits = [(net(x).argmax(1) == y).float().mean() for x, y in DataLoader(valid, batch_size=100)]
    print(epoch, loss.item(), torch.stack(hits).mean().item())
