# expect: nothing
# Nine questions a digit ("above 0?", "above 1?", ...), a sample's losses summed, and of the samples
# only those that are furthest off go into the step.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
images, digits = load_digits(return_X_y=True)
images, digits = torch.tensor(images / 16, dtype=torch.float32), torch.tensor(digits)
above = (digits[:, None] > torch.arange(9)).float()
train = DataLoader(TensorDataset(images[:1300], above[:1300]), batch_size=65, shuffle=True)
net = nn.Sequential(nn.Linear(64, 96), nn.ReLU(), nn.Linear(96, 9))
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
score = nn.BCEWithLogitsLoss(reduction="none")
for epoch in range(15):
    net.train()
    for x, asked in train:
        off = score(net(x), asked).sum(dim=1)
        loss = off.sort(descending=True).values[: len(x) // 2].mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        guess = (net(images[1300:]) > 0).sum(1)
    print(f"{epoch}: off by {(guess - digits[1300:]).abs().float().mean():.3f} on held-out digits")
