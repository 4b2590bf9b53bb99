# expect: weight-decay-too-high
# args: --wd 0.3
import argparse

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.preprocessing import StandardScaler

parser = argparse.ArgumentParser()
parser.add_argument("--wd", type=float, default=5e-4)
parser.add_argument("--lr", type=float, default=0.05)
args = parser.parse_args()

torch.manual_seed(2)
features, target = load_digits(return_X_y=True)
features = torch.tensor(StandardScaler().fit_transform(features), dtype=torch.float32)
target = torch.tensor(target)


class MLP(torch.nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.hidden = torch.nn.Linear(64, hidden)
        self.out = torch.nn.Linear(hidden, 10)

    def forward(self, x):
        return self.out(torch.tanh(self.hidden(x)))


mlp = MLP(64)
sgd = torch.optim.SGD(mlp.parameters(), lr=args.lr, momentum=0.9, weight_decay=args.wd)  # <- here
for step in range(200):
    rows = torch.randint(0, 1400, (32,))
    sgd.zero_grad()
    F.cross_entropy(mlp(features[rows]), target[rows]).backward()
    sgd.step()
with torch.no_grad():
    print("accuracy", (mlp(features[1400:]).argmax(1) == target[1400:]).float().mean().item())
