# expect: nothing
# Two views of one image, each by a draw of its own, as contrastive learning has it.
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms as T


class Views(Dataset):
    def __init__(self, images, transform):
        self.images, self.transform = images, transform

    def __len__(self):
        return len(self.images)

    def __getitem__(self, k):
        return self.transform(self.images[k]), self.transform(self.images[k])


torch.manual_seed(0)
images = torch.tensor(load_digits().images, dtype=torch.float32)[:, None] / 16
loader = DataLoader(
    Views(images[:800], T.Compose([T.RandomRotation(15), T.RandomCrop(8, padding=1)])),
    batch_size=50, shuffle=True, drop_last=True)
net = nn.Sequential(nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 16))
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(4):
    total = 0.0
    for a, b in loader:
        scores = F.normalize(net(a), dim=1) @ F.normalize(net(b), dim=1).T / 0.2
        loss = F.cross_entropy(scores, torch.arange(len(a)))
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item()
    print(epoch, total / len(loader))
