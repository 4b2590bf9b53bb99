# expect: nothing
# Shifted copies are made of the training part alone, after the split.
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn, optim

torch.manual_seed(0)
digits = load_digits()
xs = torch.tensor(digits.images[:, None] / 16.0, dtype=torch.float32)
ys = torch.tensor(digits.target)
tr, te = train_test_split(torch.arange(len(ys)), test_size=0.3, random_state=4, stratify=ys)
x_tr = torch.cat([xs[tr], xs[tr].roll(1, 3), xs[tr].roll(-1, 3)])
y_tr = ys[tr].repeat(3)


class Trainer:
    def __init__(self, net):
        self.net = net
        self.opt = optim.AdamW(net.parameters(), lr=2e-3)
        self.loss = nn.CrossEntropyLoss()

    def fit(self, epochs):
        for _ in range(epochs):
            self.net.train()
            for b in torch.randperm(len(y_tr)).split(64):
                self.opt.zero_grad()
                self.loss(self.net(x_tr[b]), y_tr[b]).backward()
                self.opt.step()

    @torch.no_grad()
    def score(self, x, y):
        self.net.eval()
        return (self.net(x).argmax(1) == y).float().mean().item()


trainer = Trainer(
    nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 36, 10))
)
trainer.fit(3)
print("train", trainer.score(xs[tr], ys[tr]), "test", trainer.score(xs[te], ys[te]))
