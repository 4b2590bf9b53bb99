# expect: nothing
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn


class FocalLoss(nn.Module):
    def __init__(self, gamma=2.0, alpha=None):
        super().__init__()
        self.gamma, self.alpha = gamma, alpha

    def forward(self, logits, target):
        log_p = F.log_softmax(logits, dim=-1)
        ce = F.nll_loss(log_p, target, self.alpha, reduction="none")
        p_t = log_p.gather(1, target.unsqueeze(1)).squeeze(1).exp()
        return ((1 - p_t) ** self.gamma * ce).mean()


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
opt = torch.optim.Adam(net.parameters(), lr=0.005)
focal = FocalLoss()
for epoch in range(5):
    net.train()
    for i in torch.randperm(1400).split(50):
        opt.zero_grad()
        focal(net(x[i]), y[i]).backward()
        opt.step()
net.eval()
with torch.no_grad():
    print("accuracy", (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
