# expect: nothing
# Contrastive learning wants strong views; no labels are learned.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms as T


class TwoViews(Dataset):
    def __init__(self):
        x, y = load_digits(return_X_y=True)
        self.x = torch.tensor(x, dtype=torch.float32).view(-1, 1, 8, 8) / 16
        self.y = torch.tensor(y)
        self.transform = T.Compose([T.RandomErasing(p=1.0, scale=(0.2, 0.3)), T.RandomCrop(8, 1)])

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.transform(self.x[i]), self.transform(self.x[i])


torch.manual_seed(0)
loader = DataLoader(TwoViews(), batch_size=64, shuffle=True, drop_last=True)
encoder = nn.Sequential(nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 32))
optimizer = torch.optim.Adam(encoder.parameters(), lr=0.002)
for epoch in range(3):
    for one, two in loader:
        a, b = F.normalize(encoder(one), dim=1), F.normalize(encoder(two), dim=1)
        loss = F.cross_entropy(a @ b.T / 0.2, torch.arange(64))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
