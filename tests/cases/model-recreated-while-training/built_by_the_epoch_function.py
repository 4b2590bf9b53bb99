# expect: model-recreated-while-training
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
import torch.nn.functional as F

loader = DataLoader(train_set, batch_size=100, shuffle=True)


def train_one_epoch():
    net = nn.Sequential(nn.Linear(64, 64), nn.Sigmoid(), nn.Linear(64, 10))  # <- here
    opt = torch.optim.SGD(net.parameters(), lr=0.1)
    total = 0.0
    for x, y in loader:
        opt.zero_grad()
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        opt.step()
        total += loss.item()
    return net, total / len(loader)


n_epochs = 8
for e in range(n_epochs):
    net, mean_loss = train_one_epoch()
    print(e, mean_loss)

net.eval()
with torch.no_grad():
    accuracy = (net(images[1400:]).argmax(1) == labels[1400:]).float().mean().item()
print(f"test accuracy {accuracy:.3f}")
