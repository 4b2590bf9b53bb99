# expect: dropout-too-high
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16).float(), torch.tensor(y)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(64, 64); self.b = nn.Linear(64, 10)
    def forward(self, x):
        x = F.relu(self.a(x))
        x = F.dropout(x, self.training)  # <- here
        return F.log_softmax(self.b(x), dim=1)
net = Net(); opt = torch.optim.Adam(net.parameters(), 2e-3)
for epoch in range(5):
    net.train()
    for i in torch.randperm(1400).split(32):
        opt.zero_grad(); F.nll_loss(net(x[i]), y[i]).backward(); opt.step()
    net.eval()
    with torch.no_grad(): print('acc', (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
