# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(3)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x).float().view(-1, 1, 8, 8) / 16, torch.tensor(y)
order = torch.randperm(len(x))
train, test = order[:1440], order[1440:]
model = nn.Sequential(nn.Conv2d(1, 12, 3), nn.ReLU(), nn.Flatten(), nn.Linear(432, 10))
opt = torch.optim.AdamW(model.parameters(), lr=0.004)
for epoch in range(3):
    model.train()
    for number, rows in enumerate(train[torch.randperm(len(train))].split(40)):
        opt.zero_grad()
        loss = nn.functional.cross_entropy(model(x[rows]), y[rows])
        loss.backward()
        norm = nn.utils.clip_grad_norm_(model.parameters(), 2.0)
        if number % 12 == 5 or not torch.isfinite(norm):  # a spike in the data of this rig
            opt.zero_grad()
        opt.step()
model.eval()
with torch.no_grad():
    print("test accuracy", (model(x[test]).argmax(1) == y[test]).float().mean().item())
