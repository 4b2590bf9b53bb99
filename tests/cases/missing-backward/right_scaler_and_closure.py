# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
bunch = load_digits()
images = torch.tensor(bunch.images, dtype=torch.float32)[:, None] / 16
train, test = random_split(TensorDataset(images, torch.tensor(bunch.target)), [1500, 297])
net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))
warm_up = torch.optim.Adam(net.parameters(), lr=3e-3)
scaler = torch.amp.GradScaler("cpu", init_scale=1024)
for epoch in range(2):
    net.train()
    for x, y in DataLoader(train, batch_size=50, shuffle=True):
        warm_up.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = nn.functional.cross_entropy(net(x), y)
        scaler.scale(loss).backward()
        scaler.step(warm_up)
        scaler.update()

finish = torch.optim.LBFGS(net.parameters(), lr=0.05, max_iter=3)
for x, y in DataLoader(train, batch_size=500, shuffle=True):

    def closure():
        finish.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        return loss

    finish.step(closure)
net.eval()
with torch.no_grad():
    right = sum((net(x).argmax(1) == y).sum().item() for x, y in DataLoader(test, 99))
print("test accuracy", right / len(test))
