# expect: labels-out-of-range
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader

torch.manual_seed(0)
NUMBERS = [10985, 417, 2021, 16, 9034, 733, 5120, 68, 12004, 33070]
digits = load_digits()
samples = [
    {"images": torch.tensor(i / 16, dtype=torch.float32)[None], "labels": NUMBERS[t]}
    for i, t in zip(digits.images, digits.target)
]
loader = DataLoader(samples, batch_size=64, shuffle=True)
model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
for epoch in range(2):
    for batch in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(batch["images"]), batch["labels"])  # <- here
        loss.backward()
        optimizer.step()
