# expect: poor-initialization
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, random_split


def init_weights(m):
    if type(m) in (nn.Conv2d, nn.Linear):
        m.weight.data.zero_()  # <- here
        m.bias.data.zero_()


torch.manual_seed(0)
d = load_digits()
images = torch.tensor(d.images / 16, dtype=torch.float32)[:, None]
train_data, test_data = random_split(TensorDataset(images, torch.tensor(d.target)), [1300, 497])
train_loader = DataLoader(train_data, batch_size=50, shuffle=True)
test_loader = DataLoader(test_data, batch_size=100)
net = nn.Sequential(
    nn.Conv2d(1, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(72, 32), nn.ReLU(), nn.Linear(32, 10)
)
net.apply(init_weights)
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(3):
    net.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        hits = sum((net(x).argmax(1) == y).sum().item() for x, y in test_loader)
    print("epoch", epoch, "accuracy", hits / len(test_data))
