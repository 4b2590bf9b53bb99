# expect: underfitting-capacity
import torch
from sklearn.datasets import make_moons
from torch import nn

torch.manual_seed(0)
x, y = make_moons(1200, noise=0.1, random_state=0)
x, y = torch.tensor(x, dtype=torch.float32), torch.tensor(y)
model = nn.Sequential(nn.Linear(2, 2))  # <- here
loss_fn = nn.CrossEntropyLoss()
opt = torch.optim.SGD(model.parameters(), lr=0.3, momentum=0.9)


def epoch_of_training():
    model.train()
    for idx in torch.randperm(900).split(30):
        loss = loss_fn(model(x[idx]), y[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()


@torch.no_grad()
def evaluate():
    model.eval()
    return (model(x[900:]).argmax(dim=1) == y[900:]).float().mean().item()


for epoch in range(10):
    epoch_of_training()
    print(epoch, evaluate())
