# expect: evaluating-in-train-mode
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
pixels, digit = load_digits(return_X_y=True)
pixels, digit = torch.tensor(pixels, dtype=torch.float32) / 16, torch.tensor(digit)
net = nn.Sequential(nn.Linear(64, 96), nn.ReLU(), nn.Dropout(0.5), nn.Linear(96, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)


def check(rows):
    net.eval()
    right = 0
    with torch.no_grad():
        for some in rows.split(100):
            net.train()  # <- here
            right += (net(pixels[some]).argmax(1) == digit[some]).sum().item()
    return right / len(rows)


for epoch in range(8):
    net.train()
    for rows in torch.randperm(1400).split(50):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(pixels[rows]), digit[rows]).backward()
        optimizer.step()
    print(epoch, check(torch.arange(1400, 1797)))
