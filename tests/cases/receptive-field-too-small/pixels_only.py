# expect: receptive-field-too-small
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
data = load_digits()
images = torch.from_numpy(data.images).float().div(16).unsqueeze(1)
targets = torch.from_numpy(data.target)
perm = torch.randperm(len(targets))
images, targets = images[perm], targets[perm]

cnn = nn.Sequential(
    nn.Conv2d(1, 16, (1, 1)), nn.BatchNorm2d(16), nn.ReLU(inplace=True),  # <- here
    nn.Conv2d(16, 32, (1, 1)), nn.BatchNorm2d(32), nn.ReLU(inplace=True),
    nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(),
    nn.Linear(32, 10),
)
criterion = nn.CrossEntropyLoss()
optim = torch.optim.Adam(cnn.parameters(), lr=3e-3)
step = 0
while step < 200:
    idx = torch.randint(0, 1400, (32,))
    optim.zero_grad()
    loss = criterion(cnn(images[idx]), targets[idx])
    loss.backward()
    optim.step()
    step += 1
cnn.eval()
with torch.no_grad():
    print("accuracy", (cnn(images[1400:]).argmax(1) == targets[1400:]).float().mean().item())
