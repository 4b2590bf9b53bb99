# expect: nothing
# also: missing-augmentation, overfitting-capacity, missing-regularization
# A hundred augmented images to learn from: a gap, but both parts are of one kind.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms as T

torch.manual_seed(0)
bunch = load_digits()
order = torch.randperm(len(bunch.target)).tolist()
augment = T.Compose([T.RandomRotation(15), T.RandomErasing(p=0.3)])


class Few(Dataset):
    def __init__(self, rows, transform=None):
        self.rows, self.transform = rows, transform

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        x = torch.tensor(bunch.images[self.rows[i]] / 16, dtype=torch.float32)[None]
        return (self.transform(x) if self.transform else x), int(bunch.target[self.rows[i]])


train, test = Few(order[:100], augment), Few(order[100:600])
net = nn.Sequential(nn.Flatten(), nn.Linear(64, 200), nn.ReLU(), nn.Linear(200, 10))
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(14):
    net.train()
    for x, y in DataLoader(train, 20, shuffle=True):
        opt.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        opt.step()
net.eval()
with torch.no_grad():
    ok = sum((net(x).argmax(1) == y).sum().item() for x, y in DataLoader(test, 250))
print("accuracy on unseen digits", ok / len(test))
