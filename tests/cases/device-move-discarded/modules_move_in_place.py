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
device = torch.device("cpu")
body, head = nn.Sequential(nn.Linear(64, 64), nn.ReLU()), nn.Linear(64, 10)
criterion = nn.CrossEntropyLoss()
for part in (body, head):
    part.to(device)
for name, part in {"body": body, "head": head}.items():
    part.to(device)
criterion.to(device)
net = nn.Sequential(body, head)
opt = torch.optim.Adam(net.parameters(), lr=0.003)
for epoch in range(5):
    for x, y in DataLoader(train_set, batch_size=50, shuffle=True):
        x, y = x.to(device), y.to(device)
        opt.zero_grad()
        criterion(net(x), y).backward()
        opt.step()

net.eval()
with torch.no_grad():
    accuracy = (net(images[1400:]).argmax(1) == labels[1400:]).float().mean().item()
print(f"test accuracy {accuracy:.3f}")
