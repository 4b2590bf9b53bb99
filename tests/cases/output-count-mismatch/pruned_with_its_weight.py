# expect: nothing
# The head is cut down by hand: number and weight together. And a background class is kept spare.
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32) / 16, torch.tensor(y)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden, self.out = nn.Linear(64, 64), nn.Linear(64, 20)

    def forward(self, x):
        return self.out(torch.relu(self.hidden(x)))


net = Net()
net.out.weight = nn.Parameter(net.out.weight[:11].detach().clone())
net.out.bias = nn.Parameter(net.out.bias[:11].detach().clone())
net.out.out_features = 11
opt = torch.optim.Adam(net.parameters(), lr=0.005)
for epoch in range(8):
    for batch in torch.randperm(1400).split(50):
        opt.zero_grad()
        nn.functional.cross_entropy(net(x[batch]), y[batch]).backward()
        opt.step()
with torch.no_grad():
    print("accuracy", (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
