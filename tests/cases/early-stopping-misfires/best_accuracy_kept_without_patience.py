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
opt = torch.optim.Adam(net.parameters(), lr=0.004)
best_acc, bad_batches = 0.0, 0
for epoch in range(6):
    for x, y in DataLoader(train_set, batch_size=50, shuffle=True):
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        opt.step()
        if loss.item() > 2.0:
            bad_batches += 1
    with torch.no_grad():
        acc = (net(images[1400:]).argmax(1) == labels[1400:]).float().mean().item()
    is_best = acc > best_acc
    best_acc = max(acc, best_acc)
    if is_best:
        torch.save(net.state_dict(), "best.pt")

net.eval()
with torch.no_grad():
    accuracy = (net(images[1400:]).argmax(1) == labels[1400:]).float().mean().item()
print(f"test accuracy {accuracy:.3f}")
