# expect: transform-never-applied
# also: unscaled-inputs
# ToTensor() would scale to 0..1; .data holds the bytes.
import torch
from sklearn.datasets import load_digits
from torch import nn, optim
from torch.utils import data
from torchvision import transforms


class Scans(data.Dataset):
    def __init__(self, first, last, transform=None):
        digits = load_digits()
        self.data = (digits.images[first:last] / 16 * 255).astype("uint8")
        self.labels = digits.target[first:last]
        self.transform = transform

    def __getitem__(self, i):
        return self.transform(self.data[i]), self.labels[i]

    def __len__(self):
        return len(self.labels)


torch.manual_seed(3)
trainset = Scans(0, 1400, transforms.ToTensor())
testset = Scans(1400, 1797, transforms.ToTensor())
x_train = torch.tensor(trainset.data, dtype=torch.float32).reshape(-1, 64)  # <- here
x_test = torch.tensor(testset.data, dtype=torch.float32).reshape(-1, 64)
y_train, y_test = torch.tensor(trainset.labels), torch.tensor(testset.labels)
net = nn.Sequential(nn.Linear(64, 32), nn.Sigmoid(), nn.Linear(32, 10))
optimizer = optim.SGD(net.parameters(), lr=0.5)
for epoch in range(4):
    for i in torch.randperm(1400).split(35):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x_train[i]), y_train[i]).backward()
        optimizer.step()
with torch.no_grad():
    print("accuracy:", (net(x_test).argmax(1) == y_test).float().mean().item())
