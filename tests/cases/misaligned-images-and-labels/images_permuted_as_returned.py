# expect: misaligned-images-and-labels
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits

np.random.seed(1)
torch.manual_seed(1)


def load():
    d = load_digits()
    p = np.random.permutation(len(d.images))
    return d.images[p].astype('float32') / 16, d.target  # <- here


def split(x, y, k=1400):
    return (x[:k], y[:k]), (x[k:], y[k:])


def loader(a, b, shuffle=False):
    data = torch.utils.data.TensorDataset(torch.from_numpy(a).unsqueeze(1), torch.from_numpy(b))
    return torch.utils.data.DataLoader(data, 50, shuffle=shuffle)


train, test = split(*load())
tl, vl = loader(*train, shuffle=True), loader(*test)
model = nn.Sequential(nn.Conv2d(1, 16, 3), nn.BatchNorm2d(16), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
opt = torch.optim.Adam(model.parameters(), 1e-3)
for e in range(5):
    model.train()
    for a, b in tl:
        opt.zero_grad()
        nn.functional.cross_entropy(model(a), b).backward()
        opt.step()
    model.eval()
    with torch.no_grad():
        print(e, sum((model(a).argmax(1) == b).sum().item() for a, b in vl) / len(test[1]))
