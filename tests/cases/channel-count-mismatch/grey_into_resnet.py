# expect: channel-count-mismatch
import torch
from sklearn.datasets import load_digits
from torch import nn
from torchvision import models

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.images[:200] / 16, dtype=torch.float32)[:, None]
images = nn.functional.interpolate(images, size=32)
labels = torch.tensor(digits.target[:200])
model = models.resnet18(weights=None, num_classes=10)  # <- here
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
model.train()
for rows in torch.randperm(160).split(16):
    loss = nn.functional.cross_entropy(model(images[rows]), labels[rows])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
model.eval()
with torch.no_grad():
    print((model(images[160:]).argmax(1) == labels[160:]).float().mean().item())
