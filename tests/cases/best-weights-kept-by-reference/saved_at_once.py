# expect: nothing
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
net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
opt = torch.optim.Adam(net.parameters(), lr=0.005)
best = 0.0
for epoch in range(6):
    for x, y in DataLoader(train_set, batch_size=50, shuffle=True):
        opt.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        opt.step()
    with torch.no_grad():
        score = (net(images[1400:]).argmax(1) == labels[1400:]).float().mean().item()
    if score > best:
        best, best_state = score, net.state_dict()
        torch.save(best_state, "best.pt")
net.load_state_dict(torch.load("best.pt"))
print("best", best)
