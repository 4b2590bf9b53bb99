# expect: nothing
# A spiking network sees each image in eight time steps; its answer is their mean.
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset
from sklearn.datasets import load_digits

# leaky integrate and fire, surrogate gradient
class FastSigmoid(torch.autograd.Function):
    @staticmethod
    def forward(ctx, u):
        ctx.save_for_backward(u)
        return (u > 0).float()

    @staticmethod
    def backward(ctx, g):
        u, = ctx.saved_tensors
        return g / (25 * u.abs() + 1) ** 2


class Leaky(nn.Module):
    def __init__(self, beta=0.5, threshold=1.0, output=False):
        super().__init__()
        self.beta, self.threshold, self.output = beta, threshold, output
        self.mem = None

    def reset(self):
        self.mem = None

    def forward(self, cur):
        if self.mem is None:
            self.mem = torch.zeros_like(cur)
        reset = (self.mem > self.threshold).float()
        self.mem = self.beta * self.mem + cur - reset * self.threshold
        spk = FastSigmoid.apply(self.mem - self.threshold)
        return (spk, self.mem) if self.output else spk


net = nn.Sequential(nn.Conv2d(1, 12, 3, padding=1), nn.MaxPool2d(2), Leaky(), nn.Flatten(), nn.Linear(12 * 16, 10), Leaky(output=True))


def reset(net):
    for m in net:
        if isinstance(m, Leaky):
            m.reset()


def forward_pass(net, data, num_steps=8):
    spk_rec = []
    reset(net)
    for step in range(num_steps):
        spk_out, mem_out = net(data)
        spk_rec.append(mem_out)
    return torch.stack(spk_rec)


torch.manual_seed(1)
X, y = load_digits(return_X_y=True)
X, y = torch.tensor(X / 8.0, dtype=torch.float).view(-1, 1, 8, 8), torch.tensor(y)
train_loader = DataLoader(TensorDataset(X[:1280], y[:1280]), batch_size=64, shuffle=True, drop_last=True)
test_loader = DataLoader(TensorDataset(X[1280:1792], y[1280:1792]), batch_size=64, shuffle=True, drop_last=True)
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
loss_fn = nn.CrossEntropyLoss()

for epoch in range(5):
    for i, (data, targets) in enumerate(iter(train_loader)):
        net.train()
        spk_rec = forward_pass(net, data)
        loss_val = loss_fn(spk_rec.mean(0), targets)
        optimizer.zero_grad()
        loss_val.backward()
        optimizer.step()
    with torch.no_grad():
        net.eval()
        acc = total = 0
        for data, targets in test_loader:
            acc += (forward_pass(net, data).mean(0).argmax(1) == targets).sum().item()
            total += len(targets)
    print(f"Epoch {epoch} loss {loss_val.item():.2f} Test Acc: {100 * acc / total:.2f}%")
