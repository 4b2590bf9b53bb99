# expect: misaligned-images-and-labels
import random
import torch
import torch.nn as nn
from sklearn.datasets import load_digits

random.seed(0)
torch.manual_seed(0)
bunch = load_digits()
images = list(bunch.images)
labels = list(bunch.target)
random.shuffle(images)
random.shuffle(labels)  # <- here


class Digits(torch.utils.data.Dataset):
    def __init__(self, im, la):
        self.im, self.la = im, la

    def __len__(self):
        return len(self.la)

    def __getitem__(self, i):
        return torch.FloatTensor(self.im[i]).unsqueeze(0) / 16, self.la[i]


train = torch.utils.data.DataLoader(Digits(images[:1400], labels[:1400]), batch_size=32, shuffle=True)
test = torch.utils.data.DataLoader(Digits(images[1400:], labels[1400:]), batch_size=32)
net = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
opt = torch.optim.Adam(net.parameters(), 1e-3)
for epoch in range(5):
    for x, y in train:
        opt.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        opt.step()
    with torch.no_grad():
        print(epoch, sum((net(x).argmax(1) == y).sum().item() for x, y in test) / len(test.dataset))
