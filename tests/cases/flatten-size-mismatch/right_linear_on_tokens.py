# expect: nothing
# A linear layer on the last dimension of tokens: four dimensions in, and no flattening wanted.
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn


class Mixer(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.embed = nn.Linear(4, width)
        self.across = nn.Linear(16, 16)
        self.out = nn.Linear(width * 16, 10)

    def forward(self, x):
        patches = x.unfold(2, 2, 2).unfold(3, 2, 2).reshape(x.size(0), 4, 4, 4)
        tokens = torch.relu(self.embed(patches)).flatten(1, 2)
        tokens = tokens + torch.relu(self.across(tokens.transpose(1, 2))).transpose(1, 2)
        return self.out(tokens.flatten(1))


torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images / 16, dtype=torch.float32)[:, None]
x_train, x_test, y_train, y_test = train_test_split(x, torch.tensor(digits.target), random_state=0)
model = Mixer()
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
for epoch in range(6):
    model.train()
    for rows in torch.randperm(len(x_train)).split(64):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x_train[rows]), y_train[rows]).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        print(epoch, (model(x_test).argmax(1) == y_test).float().mean().item())
