# expect: input-pipeline-bound
import time

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
images, labels = load_digits(return_X_y=True)
images = torch.tensor(images, dtype=torch.float32) / 16
labels = torch.tensor(labels)
train_set = TensorDataset(images[:1400], labels[:1400])
test_set = TensorDataset(images[1400:], labels[1400:])

class Lazy(torch.utils.data.Dataset):
    def __init__(self, base, read):
        self.base, self.read = base, read

    def __len__(self):
        return len(self.base)

    def __getitem__(self, i):
        return self.read(self.base[i])


def from_share(pair):
    time.sleep(0.005)
    return pair


slow = Lazy(torch.utils.data.Subset(train_set, range(240)), from_share)
net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
opt = torch.optim.Adam(net.parameters(), lr=0.02)
batches = DataLoader(slow, batch_size=20, shuffle=True)  # <- here
for epoch in range(1):
    for x, y in batches:
        opt.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        opt.step()

net.eval()
with torch.no_grad():
    accuracy = (net(images[1400:]).argmax(1) == labels[1400:]).float().mean().item()
print(f"test accuracy {accuracy:.3f}")
