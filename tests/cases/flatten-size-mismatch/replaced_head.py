# expect: flatten-size-mismatch
# The new head was written for another backbone: resnet18 ends with 512 features.
import torch
import torchvision
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.images[:200] / 16, dtype=torch.float32)[:, None].repeat(1, 3, 4, 4)
labels = torch.tensor(digits.target[:200])
model = torchvision.models.resnet18(weights=None)
model.fc = nn.Linear(2048, 10)  # <- here
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for epoch in range(1):
    model.train()
    for rows in torch.randperm(160).split(16):
        loss = nn.functional.cross_entropy(model(images[rows]), labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        print((model(images[160:]).argmax(1) == labels[160:]).float().mean().item())
