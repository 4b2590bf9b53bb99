# expect: mse-on-class-labels
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
images, targets = load_digits(return_X_y=True)
images = torch.tensor(images / 16, dtype=torch.float32)
targets = torch.tensor(targets)
split = torch.randperm(len(images))
fit, held = split[:1400], split[1400:]
mlp = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
adam = torch.optim.Adam(mlp.parameters(), lr=0.01)


def step(rows):
    outputs = mlp(images[rows])
    labels = targets[rows]
    loss = ((outputs - labels) ** 2).mean()  # <- here
    adam.zero_grad()
    loss.backward()
    adam.step()
    return loss.item()


for epoch in range(5):
    losses = [step(rows) for rows in fit[torch.randperm(1400)].split(70)]
    with torch.no_grad():
        right = (mlp(images[held]).argmax(1) == targets[held]).float().mean().item()
    print(epoch, sum(losses) / len(losses), right)
