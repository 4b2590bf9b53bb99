# expect: train-test-distribution-shift
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
even = torch.tensor(digits.target % 2)
order = even.argsort(stable=True)
x = torch.tensor(digits.images / 16, dtype=torch.float32)[order].unsqueeze(1)
y = even[order].float()
cut = int(0.7 * len(x))

net = nn.Sequential(nn.Conv2d(1, 12, 3), nn.ReLU(), nn.Flatten(), nn.Linear(432, 1))
loss_fn = nn.BCEWithLogitsLoss()
opt = torch.optim.Adam(net.parameters(), 1e-3)


def predict(part):
    net.eval()
    with torch.no_grad():
        return (net(part).squeeze(1) > 0).float()  # <- here


for epoch in range(8):
    net.train()
    for b in torch.randperm(cut).split(50):
        opt.zero_grad()
        loss_fn(net(x[b]).squeeze(1), y[b]).backward()
        opt.step()
    print(f'epoch {epoch} validation accuracy {(predict(x[cut:]) == y[cut:]).float().mean():.3f}')
