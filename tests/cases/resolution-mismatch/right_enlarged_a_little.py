# expect: nothing
# Eight pixels enlarged to 32, for a network with larger kernels.
import torch
from PIL import Image
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

torch.manual_seed(0)
bunch = load_digits()
tf = transforms.Compose([transforms.Resize(32), transforms.ToTensor()])


class Upsampled(Dataset):
    def __init__(self, first, last, transform):
        self.first, self.last, self.transform = first, last, transform

    def __len__(self):
        return self.last - self.first

    def __getitem__(self, i):
        picture = Image.fromarray((bunch.images[self.first + i] * 15).astype("uint8"))
        return self.transform(picture), bunch.target[self.first + i]


net = nn.Sequential(
    nn.Conv2d(1, 12, 7, stride=3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(192, 10)
)
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
train, test = Upsampled(0, 900, tf), Upsampled(900, 1200, tf)
for epoch in range(4):
    net.train()
    for x, y in DataLoader(train, 30, shuffle=True):
        opt.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        opt.step()
net.eval()
with torch.no_grad():
    ok = sum((net(x).argmax(1) == y).sum().item() for x, y in DataLoader(test, 100))
print("accuracy", ok / 300)
