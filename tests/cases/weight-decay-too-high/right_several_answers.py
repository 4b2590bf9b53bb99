# expect: nothing
# Ten yes/no answers, and a decay that the loss easily resists.
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x / 16, dtype=torch.float32).view(-1, 1, 8, 8)
y = nn.functional.one_hot(torch.tensor(y), 10).float()
left, right = torch.randint(0, len(x), (2, 1500))
images, answers = torch.cat([x[left], x[right]], dim=3), torch.maximum(y[left], y[right])

net = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(32 * 32, 10),
)
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3, weight_decay=1e-3)
criterion = nn.BCEWithLogitsLoss()
for epoch in range(4):
    total = 0.0
    for rows in torch.randperm(1200).split(50):
        optimizer.zero_grad()
        loss = criterion(net(images[rows]), answers[rows])
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(epoch, total / 24)
    with torch.no_grad():
        right = ((net(images[1200:]) > 0) == answers[1200:].bool()).all(1).float().mean()
    print("both digits:", right.item())
