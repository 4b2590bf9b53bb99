# expect: nothing
# The stored arrays are used for the mean and the classes only.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset, Subset
from torchvision import transforms

torch.manual_seed(0)


class Scans(Dataset):
    def __init__(self, transform=None):
        digits = load_digits()
        self.data = (digits.images * 15).astype("uint8")
        self.targets = digits.target.tolist()
        self.transform = transform

    def __len__(self):
        return len(self.data)

    def __getitem__(self, i):
        return self.transform(self.data[i]), self.targets[i]


scans = Scans(transform=transforms.ToTensor())
mean, std = scans.data.mean() / 255, scans.data.std() / 255
scans.transform = transforms.Compose(
    [transforms.ToTensor(), transforms.Normalize((mean,), (std,))]
)
order = torch.randperm(len(scans)).tolist()
parts = {"train": Subset(scans, order[:1400]), "test": Subset(scans, order[1400:])}
net = nn.Sequential(nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, len(set(scans.targets))))
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(6):
    net.train()
    for x, y in DataLoader(parts["train"], 40, shuffle=True):
        opt.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        opt.step()
net.eval()
with torch.no_grad():
    ok = sum((net(x).argmax(1) == y).sum().item() for x, y in DataLoader(parts["test"], 200))
print("test", ok / len(parts["test"]))
