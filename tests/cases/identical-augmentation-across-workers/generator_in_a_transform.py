# expect: identical-augmentation-across-workers
# The transform keeps a generator of torch's own.
import torch
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Dataset


class Noise:
    def __init__(self, sigma, seed=0):
        self.sigma = sigma
        self.generator = torch.Generator().manual_seed(seed)  # <- here

    def __call__(self, image):
        return image + self.sigma * torch.randn(image.shape, generator=self.generator)


class Digits(Dataset):
    def __init__(self, rows, transform=None):
        bunch = load_digits()
        self.images = torch.tensor(bunch.images[rows], dtype=torch.float32)[:, None] / 16
        self.labels = bunch.target[rows]
        self.transform = transform

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        image = self.images[i]
        if self.transform:
            image = self.transform(image)
        return image, self.labels[i]


torch.manual_seed(0)
loader_options = dict(batch_size=60, num_workers=2)
train = DataLoader(Digits(slice(600), Noise(0.2)), shuffle=True, **loader_options)
valid = DataLoader(Digits(slice(600, 900)), batch_size=100)
net = torch.nn.Sequential(
    torch.nn.Flatten(), torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10)
)
opt = torch.optim.Adam(net.parameters(), 0.01)
for epoch in range(3):
    for x, y in train:
        opt.zero_grad()
        torch.nn.functional.cross_entropy(net(x), y).backward()
        opt.step()
net.eval()
with torch.no_grad():
    right = sum((net(x).argmax(1) == y).sum().item() for x, y in valid)
print("valid accuracy", right / 300)
