# expect: labels-out-of-range
# The border of each object is 255, as in Pascal VOC, and nothing tells the loss to leave it out.
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Discs(Dataset):
    def __len__(self):
        return 64

    def __getitem__(self, i):
        g = torch.Generator().manual_seed(i)
        rows, columns = torch.meshgrid(torch.arange(16.0), torch.arange(16.0), indexing="ij")
        far = ((rows - 8) ** 2 + (columns - 8) ** 2).sqrt()
        kind = i % 2 + 1
        mask = torch.zeros(16, 16, dtype=torch.long)
        mask[far < 5] = kind
        mask[(far >= 5) & (far < 6)] = 255
        return (mask.clamp(max=2).float() / 2 + 0.1 * torch.randn(16, 16, generator=g))[None], mask


torch.manual_seed(0)
loader = DataLoader(Discs(), batch_size=16, shuffle=True)
net = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 3, 1))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(3):
    for image, mask in loader:
        loss = criterion(net(image), mask)  # <- here
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
