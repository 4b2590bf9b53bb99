# expect: nothing
# Ten yes/no answers for each picture, out of forty numbers.
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(3)
digits = load_digits()
pictures = torch.tensor(digits.images, dtype=torch.float32) / 16
draw = np.random.default_rng(0).integers(0, 1797, size=(900, 2))
x = torch.cat([pictures[draw[:, 0]], pictures[draw[:, 1]]], 2)[:, None]
y = torch.zeros(900, 10)
y[torch.arange(900)[:, None], torch.tensor(digits.target[draw])] = 1

net = nn.Sequential(
    nn.Conv2d(1, 16, 3),
    nn.ReLU(),
    nn.Flatten(),
    nn.Linear(16 * 6 * 14, 40),
    nn.ReLU(),
    nn.Linear(40, 10),
)
opt = torch.optim.Adam(net.parameters(), 2e-3)
for epoch in range(8):
    net.train()
    for idx in torch.randperm(750).split(50):
        opt.zero_grad()
        nn.functional.binary_cross_entropy_with_logits(net(x[idx]), y[idx]).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        answers = net(x[750:]) > 0
    print(epoch, "answers right", (answers == y[750:].bool()).float().mean().item())
