# expect: in-place-op-breaks-gradient
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn


class Scaled(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))
        self.conv = nn.Conv2d(1, 16, 3)
        self.fc = nn.Linear(576, 10)

    def forward(self, x):
        self.scale.clamp_(0.1, 10)  # <- here
        return self.fc(torch.relu(self.conv(x * self.scale)).flatten(1))


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x / 16, dtype=torch.float32).view(-1, 1, 8, 8)
x_train, x_test, y_train, y_test = train_test_split(x, torch.tensor(y), random_state=0)
model = Scaled()
optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
for epoch in range(3):
    model.train()
    for rows in torch.randperm(len(x_train)).split(64):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x_train[rows]), y_train[rows]).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        print(epoch, (model(x_test).argmax(1) == y_test).float().mean().item())
