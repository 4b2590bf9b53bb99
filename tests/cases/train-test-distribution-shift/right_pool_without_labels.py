# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(3)
digits = load_digits()
x = torch.tensor(digits.images, dtype=torch.float32).flatten(1) / 16
y = torch.tensor(digits.target)
order = torch.randperm(len(x))
x, y = x[order], y[order]
x_test, y_test = x[1300:], y[1300:]
known = list(range(200))
model = nn.Sequential(nn.Linear(64, 100), nn.ReLU(), nn.Linear(100, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)


def scores(data):
    model.eval()
    with torch.no_grad():
        return torch.cat([model(a).softmax(1) for a, _ in DataLoader(data, batch_size=200)])


for turn in range(3):
    model.train()
    for epoch in range(8):
        for a, b in DataLoader(TensorDataset(x[known], y[known]), batch_size=20, shuffle=True):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(a), b).backward()
            optimizer.step()
    right = (scores(TensorDataset(x_test, y_test)).argmax(1) == y_test).float().mean().item()
    print(f"{len(known)} labels: test accuracy {right:.3f}")
    rest = [i for i in range(1300) if i not in set(known)]
    unsure = scores(TensorDataset(x[rest], torch.full((len(rest),), -1))).max(1).values
    known += [rest[i] for i in unsure.argsort()[:100].tolist()]
