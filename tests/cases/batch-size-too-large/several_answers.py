# expect: batch-size-too-large
# Ten yes/no answers for two digits side by side: no accuracy that anybody counts.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

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
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
criterion = nn.BCEWithLogitsLoss()
loader = DataLoader(TensorDataset(images[:1200], answers[:1200]), batch_size=4096, shuffle=True)  # <- here
for epoch in range(5):
    for pictures, wanted in loader:
        optimizer.zero_grad()
        loss = criterion(net(pictures), wanted)
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        right = ((net(images[1200:]) > 0) == answers[1200:].bool()).all(1).float().mean()
    print(epoch, loss.item(), "both digits:", right.item())
