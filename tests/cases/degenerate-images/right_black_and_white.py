# expect: nothing
# Thresholded on purpose: two values are enough for digits.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

torch.manual_seed(0)
bunch = load_digits()
to_binary = transforms.Compose(
    [transforms.ToTensor(), transforms.Lambda(lambda x: (x > 0.5).float())]
)


class Binary(Dataset):
    def __init__(self, rows, transform):
        self.rows, self.transform = rows, transform

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        picture = (bunch.images[self.rows[i]] * 15).astype("uint8")
        return self.transform(picture), bunch.target[self.rows[i]]


order = torch.randperm(len(bunch.target)).tolist()
train, test = Binary(order[:1300], to_binary), Binary(order[1300:], to_binary)
net = nn.Sequential(nn.Conv2d(1, 24, 3), nn.ReLU(), nn.Flatten(), nn.Linear(24 * 36, 10))
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(4):
    net.train()
    for x, y in DataLoader(train, 32, shuffle=True):
        opt.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        opt.step()
net.eval()
with torch.no_grad():
    good = sum((net(x).argmax(1) == y).sum().item() for x, y in DataLoader(test, 200))
print("accuracy", good / len(test))
