# expect: checkpoint-not-loaded
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)


class Digits(nn.Module):
    def __init__(self, width=48):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(64, width), nn.ReLU(), nn.Linear(width, 10))

    def forward(self, pixels):
        return self.body(pixels)

    @staticmethod
    def restore(path):
        stored = torch.load(path)
        fresh = Digits(stored["width"])
        fresh.load_state_dict(stored["weights"])  # <- here
        return fresh


def right(net, rows):
    net.eval()
    with torch.no_grad():
        return (net(x[rows]).argmax(1) == y[rows]).float().mean().item()


net = Digits()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(6):
    net.train()
    for part in torch.randperm(1200).split(50):
        opt.zero_grad()
        nn.functional.cross_entropy(net(x[part]), y[part]).backward()
        opt.step()
    print(epoch, "validation", right(net, slice(1200, 1500)))
torch.save({"width": 48, "weights": net.state_dict()}, "digits.pt")

final = Digits()
final.restore("digits.pt")  # <- here
print("test accuracy", right(final, slice(1500, 1797)))
