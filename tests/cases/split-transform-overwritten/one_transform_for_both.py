# expect: nothing
# The statistics are computed first; then one and the same transform is set, through a part.
import torch
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Dataset, random_split
from torchvision import transforms as T


class Pictures(Dataset):
    def __init__(self, transform=None):
        data = load_digits()
        self.pictures = data.images.astype("float32") / 16
        self.targets, self.transform = data.target, transform

    def __getitem__(self, k):
        return self.transform(self.pictures[k]), self.targets[k]

    def __len__(self):
        return len(self.targets)


torch.manual_seed(0)
full = Pictures(T.ToTensor())
train, valid = random_split(full, [1400, 397])
stack = torch.stack([train[i][0] for i in range(200)])
both = T.Compose([T.ToTensor(), T.Normalize(stack.mean().item(), stack.std().item())])
full.transform = both
train.dataset.transform = both
valid.dataset.transform = both
train_loader, valid_loader = DataLoader(train, 50, shuffle=True), DataLoader(valid, 100)
net = torch.nn.Sequential(
    torch.nn.Conv2d(1, 12, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(432, 10)
)
opt = torch.optim.Adam(net.parameters(), lr=0.005)
for epoch in range(4):
    net.train()
    for x, y in train_loader:
        opt.zero_grad()
        torch.nn.functional.cross_entropy(net(x), y).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        right = sum((net(x).argmax(1) == y).sum().item() for x, y in valid_loader)
    print("epoch", epoch, "accuracy", right / 397)
