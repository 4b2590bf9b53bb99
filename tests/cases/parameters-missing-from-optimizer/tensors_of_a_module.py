# expect: parameters-missing-from-optimizer
"""Filters as plain tensors: parameters() of the network does not give them."""

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(2)
raw = load_digits()
pixels, target = torch.tensor(raw.images).float()[:, None] / 16, torch.tensor(raw.target)
batches = DataLoader(TensorDataset(pixels[:1400], target[:1400]), batch_size=40, shuffle=True)


class OwnFilters(nn.Module):
    def __init__(self, width=6):
        super().__init__()
        self.kernel = torch.randn(width, 1, 5, 5, requires_grad=True)  # <- here
        self.answer = nn.Linear(width * 4, 10)

    def forward(self, image):
        seen = F.max_pool2d(torch.tanh(F.conv2d(image, self.kernel)), 2)
        return self.answer(seen.flatten(1))


model = OwnFilters()
sgd = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
for _ in range(4):
    for image, label in batches:
        sgd.zero_grad()
        F.cross_entropy(model(image), label).backward()
        sgd.step()
model.eval()
with torch.no_grad():
    print("right:", (model(pixels[1400:]).argmax(1) == target[1400:]).float().mean().item())
