# expect: pixels-scrambled-by-reshape
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(1)
digits = load_digits()
x = torch.tensor(digits.images / 16, dtype=torch.float32).unsqueeze(1)
y = torch.tensor(digits.target)


class Strip(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 16, (8, 3), padding=(0, 1))
        self.lstm = nn.LSTM(16, 32, batch_first=True)  # <- here
        self.out = nn.Linear(32, 10)

    def forward(self, image):
        columns = self.conv(image).relu().squeeze(2).permute(2, 0, 1)
        seen, _ = self.lstm(columns)  # <- here
        return self.out(seen[-1])


net = Strip()
opt = torch.optim.Adam(net.parameters(), 3e-3)
for epoch in range(4):
    for part in torch.randperm(1400).split(35):
        opt.zero_grad()
        nn.functional.cross_entropy(net(x[part]), y[part]).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        right = sum((net(x[k:k + 36]).argmax(1) == y[k:k + 36]).sum() for k in range(1400, 1790, 36))
    net.train()
    print("epoch", epoch, "held out", right.item() / 396)
