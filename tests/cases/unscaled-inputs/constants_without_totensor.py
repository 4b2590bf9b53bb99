# expect: unscaled-inputs
# The constants are in units of 0..1, but nothing scaled the pixels: it is the scaling that lacks.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

torch.manual_seed(0)
digits = load_digits()


class Scans(Dataset):
    def __init__(self, first, last, transform):
        self.images = digits.images[first:last] / 16 * 255
        self.labels = digits.target[first:last]
        self.transform = transform

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        image = torch.tensor(self.images[i], dtype=torch.float32).unsqueeze(0)
        return self.transform(image), int(self.labels[i])


normalize = transforms.Normalize((0.305,), (0.376,))
train_loader = DataLoader(Scans(0, 1300, normalize), batch_size=32, shuffle=True)
test_loader = DataLoader(Scans(1300, 1797, normalize), batch_size=100)
net = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
opt = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
for epoch in range(3):
    net.train()
    for x, y in train_loader:
        opt.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        opt.step()
net.eval()
with torch.no_grad():
    right = sum((net(x).argmax(1) == y).sum().item() for x, y in test_loader)
print("accuracy", right / 497)
