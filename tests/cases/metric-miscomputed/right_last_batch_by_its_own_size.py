# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn

BATCH = 100
torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data / 16, dtype=torch.float32)
labels = torch.tensor(digits.target)
train, held = slice(0, 1410), slice(1410, 1760)
net = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 10))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for epoch in range(5):
    net.train()
    for part in torch.randperm(1410).split(BATCH):
        loss = nn.functional.cross_entropy(net(images[part]), labels[part])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    net.eval()
    shares, total = 0.0, 0
    with torch.no_grad():
        for x, y in zip(images[held].split(BATCH), labels[held].split(BATCH), strict=True):
            shares += (net(x).argmax(1) == y).float().mean().item() * len(y)
            total += len(y)
    print(f"epoch {epoch} val accuracy {shares / total:.4f}")
