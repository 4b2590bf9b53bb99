# expect: nothing
# Activations kept for a look, and a head that is called only when it is wanted.
import torch
from sklearn.datasets import load_digits
from torch import nn

kept = {}


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 16, 3)
        self.fc = nn.Linear(16 * 9, 10)
        self.aux = nn.Linear(16 * 9, 10)

    def forward(self, x, with_aux=False):
        x = torch.relu(self.conv(x))
        pooled = nn.functional.max_pool2d(x, 2)
        flat = pooled.flatten(1)
        out = self.fc(flat)
        if with_aux:
            return out, self.aux(flat)
        return out


torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images / 16, dtype=torch.float32).unsqueeze(1)
y = torch.tensor(digits.target)
net = Net()
net.conv.register_forward_hook(lambda m, i, o: kept.update(conv=o.detach()))
optimizer = torch.optim.Adam(net.parameters(), lr=0.005)
for epoch in range(4):
    for batch in torch.randperm(1400).split(50):
        out, aux = net(x[batch], with_aux=True)
        loss = nn.functional.cross_entropy(out, y[batch])
        loss = loss + 0.3 * nn.functional.cross_entropy(aux, y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
net.eval()
with torch.no_grad():
    print("accuracy", (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
    print("largest activation", kept["conv"].max().item())
