# first: state = state.detach()
import torch
import torch.nn as nn


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.RNN(3, 6, batch_first=True)
        self.out = nn.Linear(6, 1)

    def forward(self, x, h):
        y, h = self.rnn(x, h)
        return self.out(y[:, -1]), h


model = Model()
opt = torch.optim.SGD(model.parameters(), lr=0.01)
state = torch.zeros(1, 4, 6)
for i in range(5):
    prediction, state = model(torch.randn(4, 5, 3), state)  # <- here
    error = (prediction - 1).pow(2).mean()
    opt.zero_grad()
    error.backward()
    opt.step()
