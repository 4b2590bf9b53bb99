# expect: nothing
# The network is trained and tested, then frozen, and an image is optimized through it.
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(5)
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
labels = torch.tensor(digits.target)
order = torch.randperm(len(images))
train, test = order[:1400], order[1400:]
train_loader = DataLoader(TensorDataset(images[train], labels[train]), 50, shuffle=True)
test_loader = DataLoader(TensorDataset(images[test], labels[test]), 200)
features = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
net = nn.Sequential(features, nn.Flatten(), nn.Linear(256, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(4):
    for x, y in train_loader:
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        optimizer.step()
    with torch.no_grad():
        right = sum(int((net(x).argmax(1) == y).sum()) for x, y in test_loader)
    print(f"epoch {epoch}: {right / len(test):.3f} of the test images are right")

net.eval().requires_grad_(False)
content = next(iter(test_loader))[0][:1]
wanted = features(content)
image = content.clone().requires_grad_(True)
lbfgs = torch.optim.LBFGS([image], max_iter=5)


def closure():
    lbfgs.zero_grad()
    loss = F.mse_loss(features(image), 1.1 * wanted)
    loss.backward()
    return loss


for _ in range(3):
    lbfgs.step(closure)
dream = torch.zeros(1, 1, 8, 8, requires_grad=True)
ascent = torch.optim.Adam([dream], lr=0.05)
for _ in range(20):
    ascent.zero_grad()
    (-net(dream)[0, 3] + 0.01 * dream.pow(2).sum()).backward()
    ascent.step()
print("a three, says the network:", net(dream)[0, 3].item())
