# expect: nothing
# Few labels; what the network says of the other images is what it shall say of disturbed ones.
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
order = torch.randperm(len(x))
x, y = x[order], y[order]
few, many, test = slice(0, 150), slice(150, 1400), slice(1400, None)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(64, 96)
        self.norm = nn.BatchNorm1d(96)
        self.out = nn.Linear(96, 10)

    def forward(self, images):
        return self.out(F.relu(self.norm(self.hidden(images))))


def consistency(net, images):
    with torch.no_grad():
        wanted = F.softmax(net(images), dim=1)
    disturbed = images + 0.1 * torch.randn_like(images)
    return F.kl_div(F.log_softmax(net(disturbed), dim=1), wanted, reduction="batchmean")


net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
for step in range(200):
    net.train()
    a = torch.randint(0, 150, (32,))
    b = torch.randint(0, 1250, (64,))
    optimizer.zero_grad()
    extra = consistency(net, x[many][b])
    loss = F.cross_entropy(net(x[few][a]), y[few][a]) + extra
    loss.backward()
    optimizer.step()
net.eval()
with torch.no_grad():
    print("accuracy", (net(x[test]).argmax(1) == y[test]).float().mean().item())
