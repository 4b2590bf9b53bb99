# expect: target-encoding-mismatch
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn, optim

images, numbers = load_digits(n_class=4, return_X_y=True)
images = torch.tensor(images, dtype=torch.float32).view(-1, 1, 8, 8) / 16
numbers = torch.tensor(numbers)
net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 36, 4))
criterion = nn.CrossEntropyLoss()
adam = optim.Adam(net.parameters(), lr=2e-3)
for _ in range(5):
    for rows in torch.randperm(len(images)).split(40):
        adam.zero_grad()
        labels = numbers[rows]
        loss = criterion(net(images[rows]), F.one_hot(labels, 10))  # <- here
        loss.backward()
        adam.step()
