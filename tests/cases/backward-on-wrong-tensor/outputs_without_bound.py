# expect: backward-on-wrong-tensor
"""What is minimized has no lower bound, so that the numbers run away at any rate."""
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
images, labels = load_digits(return_X_y=True)
images = torch.tensor(images / 16).float()
labels = torch.tensor(labels)
net = nn.Sequential(
    nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)
)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.3, momentum=0.9)
for epoch in range(4):
    net.train()
    for rows in torch.randperm(1400).split(32):
        scores = net(images[rows])
        loss = criterion(scores, labels[rows])
        optimizer.zero_grad()
        scores.mean().backward()  # <- here
        optimizer.step()
    net.eval()
    with torch.no_grad():
        right = (net(images[1400:]).argmax(1) == labels[1400:]).float().mean().item()
    print(f"epoch {epoch}: loss {loss.item():.3f}, accuracy {right:.3f}")
