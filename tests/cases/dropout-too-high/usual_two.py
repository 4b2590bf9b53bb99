# expect: nothing
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(6)


class TinyVGG(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 24, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        self.classifier = nn.Sequential(
            nn.Linear(24 * 16, 128), nn.ReLU(), nn.Dropout(0.5),
            nn.Linear(128, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10))

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


data = load_digits()
x = torch.tensor(data.images, dtype=torch.float32).unsqueeze(1).div_(16)
y = torch.tensor(data.target)
train = DataLoader(TensorDataset(x[:1400], y[:1400]), batch_size=40, shuffle=True)
val = DataLoader(TensorDataset(x[1400:], y[1400:]), batch_size=100)
net = TinyVGG()
opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
for epoch in range(6):
    net.train()
    for images, labels in train:
        opt.zero_grad()
        nn.functional.cross_entropy(net(images), labels).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        right = sum((net(images).argmax(1) == labels).sum().item() for images, labels in val)
    print(f"epoch {epoch + 1}: {right / 397:.3f}")
