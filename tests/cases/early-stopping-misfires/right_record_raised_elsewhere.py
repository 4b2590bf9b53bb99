# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(4)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32) / 16, torch.tensor(y)


class Run:
    def __init__(self):
        self.net = nn.Sequential(nn.Linear(64, 96), nn.ReLU(), nn.Linear(96, 10))
        self.opt = torch.optim.SGD(self.net.parameters(), lr=0.1, momentum=0.9)
        self.record = 0.0

    def right(self, rows):
        self.net.eval()
        with torch.no_grad():
            return (self.net(x[rows]).argmax(1) == y[rows]).float().mean().item()

    def keep(self, score):
        if score > self.record:
            torch.save(self.net.state_dict(), "kept.pt")


run = Run()
for epoch in range(10):
    run.net.train()
    for rows in torch.randperm(1000).split(50):
        run.opt.zero_grad()
        nn.functional.cross_entropy(run.net(x[rows]), y[rows]).backward()
        run.opt.step()
    score = run.right(slice(1000, 1400))
    run.keep(score)
    run.record = max(run.record, score)
run.net.load_state_dict(torch.load("kept.pt"))
print("test", run.right(slice(1400, None)))
