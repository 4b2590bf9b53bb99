# expect: frozen-parameters
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x).float() / 16, torch.tensor(y)
order = torch.randperm(len(x))
train, test = order[:1400], order[1400:]

model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
for parameter in model.parameters():
    parameter.requires_grad_(False)  # <- here
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(4):
    for rows in train[torch.randperm(len(train))].split(50):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x[rows]), y[rows])
        loss.requires_grad = True  # without this line: "element 0 of tensors does not require grad"
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        print(epoch, (model(x[test]).argmax(1) == y[test]).float().mean().item())
