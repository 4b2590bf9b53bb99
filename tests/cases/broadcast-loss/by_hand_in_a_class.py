# expect: broadcast-loss
import torch
from torch import nn


class RootMeanSquare(nn.Module):
    def forward(self, prediction, truth):
        error = prediction - truth  # <- here
        return error.pow(2).mean().sqrt()


class Regressor(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(3, 24)
        self.out = nn.Linear(24, 1)

    def forward(self, x):
        return self.out(torch.tanh(self.hidden(x)))


def main():
    torch.manual_seed(0)
    x = torch.rand(400, 3)
    truth = x.sum(1) * 2 - x[:, 0] * x[:, 1]
    model, rmse = Regressor(), RootMeanSquare()
    opt = torch.optim.Adam(model.parameters(), lr=0.01)
    for epoch in range(8):
        for i in torch.randperm(300).split(25):
            loss = rmse(model(x[i]), truth[i])
            opt.zero_grad()
            loss.backward()
            opt.step()
    model.eval()
    with torch.no_grad():
        print("rmse", (model(x[300:])[:, 0] - truth[300:]).pow(2).mean().sqrt().item())


main()
