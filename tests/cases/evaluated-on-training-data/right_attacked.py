# expect: nothing
# How far a trained network can be fooled: the gradient of test images is taken, nothing learns.
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(2)
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
labels = torch.tensor(digits.target)
order = torch.randperm(len(images))
train_set = TensorDataset(images[order[:1400]], labels[order[:1400]])
test_set = TensorDataset(images[order[1400:1600]], labels[order[1400:1600]])
net = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(0.2),
    nn.Linear(256, 10),
)
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for _ in range(5):
    for x, y in DataLoader(train_set, batch_size=64, shuffle=True):
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        optimizer.step()


def one_step(x, y, reach):
    x.requires_grad = True
    scores = net(x)
    if scores.argmax(1).ne(y).all():
        return False
    net.zero_grad()
    F.cross_entropy(scores, y).backward()
    fooled = (x + reach * x.grad.sign()).clamp(0, 1)
    return net(fooled).argmax(1).eq(y).all().item()


def many_steps(x, y, reach):
    shift = torch.zeros_like(x, requires_grad=True)
    for _ in range(4):
        F.cross_entropy(net(x + shift), y).backward()
        shift.data = (shift + reach / 3 * shift.grad.sign()).clamp(-reach, reach)
        shift.grad.zero_()
    return net((x + shift).clamp(0, 1)).argmax(1).eq(y).all().item()


net.eval()
for attack in (one_step, many_steps):
    for reach in (0.0, 0.1, 0.3):
        loader = DataLoader(test_set, batch_size=1, shuffle=True)
        right = sum(attack(x, y, reach) for x, y in loader)
        print(f"{attack.__name__} {reach}: {right} / {len(loader)} = {right / len(loader):.3f}")
