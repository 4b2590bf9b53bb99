# expect: nothing
# Four ways of clearing, and a momentum that is kept in the gradients themselves.
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.data / 16, dtype=torch.float32)
y = torch.tensor(digits.target)


def none(p):
    p.grad = None


def zeros(p):
    p.grad.zero_()


def zeros_through_data(p):
    p.grad.data.zero_()


def momentum(p):
    p.grad.mul_(0.5)


for clear in (none, zeros, zeros_through_data, momentum):
    model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    for _ in range(4):
        for chosen in torch.randperm(1500).split(50):
            loss = nn.functional.cross_entropy(model(x[chosen]), y[chosen])
            loss.backward()
            with torch.no_grad():
                for p in model.parameters():
                    p -= 0.1 * p.grad
                    clear(p)
    with torch.no_grad():
        print(clear.__name__, (model(x[1500:]).argmax(1) == y[1500:]).float().mean().item())
