# expect: resolution-mismatch
import torch
import torch.nn as nn
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

torch.manual_seed(0)
transform = transforms.Compose([  # <- here
    transforms.ToTensor(),
    transforms.Normalize([0.5, 0.5, 0.5], [0.25, 0.25, 0.25]),
])


class Photos(Dataset):
    def __init__(self, n, transform):
        self.sizes, self.transform = torch.randint(40, 90, (n, 2)), transform

    def __len__(self):
        return len(self.sizes)

    def __getitem__(self, i):
        w, h = self.sizes[i].tolist()
        label = i % 2
        return self.transform(Image.new('RGB', (w, h), (200 * label, 40, 90))), label


loader = DataLoader(Photos(64, transform), batch_size=8, shuffle=True)
net = nn.Sequential(nn.Conv2d(3, 8, 7, 4), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(128, 2))
opt = torch.optim.Adam(net.parameters(), 1e-3)
for epoch in range(2):
    for x, y in loader:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        opt.step()
