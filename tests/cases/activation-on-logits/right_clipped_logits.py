# expect: nothing
# A scaled tanh only keeps the logits from running away.
import torch
from sklearn.datasets import load_digits
from torch import nn


class Clipped(nn.Module):
    def __init__(self, limit=30.0):
        super().__init__()
        self.limit = limit
        self.body = nn.Sequential(nn.Linear(64, 64), nn.ReLU())
        self.head = nn.Linear(64, 10)

    def forward(self, x):
        return self.limit * torch.tanh(self.head(self.body(x)) / self.limit)


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
order = torch.randperm(len(x))
train, test = order[:1400], order[1400:]
model = Clipped()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(8):
    for batch in train[torch.randperm(len(train))].split(50):
        loss = nn.functional.cross_entropy(model(x[batch]), y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("accuracy", (model(x[test]).argmax(1) == y[test]).float().mean().item())
