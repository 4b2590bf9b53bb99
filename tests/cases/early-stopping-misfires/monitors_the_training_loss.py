# expect: early-stopping-misfires
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
best, epochs_no_improve, n_epochs_stop = float("inf"), 0, 3
loader = DataLoader(train_set, batch_size=50, shuffle=True)
for epoch in range(8):
    running = 0.0
    for x, y in loader:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        opt.step()
        running += loss.item()
    train_loss = running / len(loader)
    with torch.no_grad():
        val_loss = nn.functional.cross_entropy(net(images[1400:]), labels[1400:]).item()
    print(epoch, train_loss, val_loss)
    if train_loss < best:  # <- here
        best = train_loss
        epochs_no_improve = 0
    else:
        epochs_no_improve += 1
    if epochs_no_improve == n_epochs_stop:
        break

net.eval()
with torch.no_grad():
    accuracy = (net(images[1400:]).argmax(1) == labels[1400:]).float().mean().item()
print(f"test accuracy {accuracy:.3f}")
