# first: data.float() | int64
import torch
from torch import nn, optim


def train(model, data, target):
    opt = optim.SGD(model.parameters(), lr=0.01)
    for _ in range(3):
        opt.zero_grad()
        prediction = model(data)  # <- here
        loss = nn.functional.mse_loss(prediction, target)
        loss.backward()
        opt.step()


data = torch.arange(64).reshape(16, 4)
train(nn.Linear(4, 1), data, torch.randn(16, 1))
