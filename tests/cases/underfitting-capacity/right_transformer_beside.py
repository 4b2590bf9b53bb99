# expect: nothing
"""A small network in front yields the nine numbers of a matrix that turns the points; the points
themselves go on beside it. The features are few and the noise is large: 3 in 4 are right."""
import torch
from torch import nn

torch.manual_seed(0)
classes = 10
shapes = torch.randn(classes, 3, 16)
y = torch.arange(2000) % classes
x = shapes[y] + 1.6 * torch.randn(2000, 3, 16)
y = torch.where(torch.rand(2000) < 0.25, torch.randint(0, classes, (2000,)), y)


class Turn(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(3, 32, 1)
        self.fc1, self.fc2 = nn.Linear(32, 16), nn.Linear(16, 9)

    def forward(self, x):
        h = torch.relu(self.conv(x)).max(2)[0]
        h = self.fc2(torch.relu(self.fc1(h)))
        return (h.view(-1, 3, 3) * 0.1 + torch.eye(3)) @ x


class Points(nn.Module):
    def __init__(self):
        super().__init__()
        self.turn = Turn()
        self.conv = nn.Conv1d(3, 32, 3, padding=1)
        self.head = nn.Linear(32 * 16, classes)

    def forward(self, x):
        return self.head(torch.relu(self.conv(self.turn(x))).flatten(1))


model = Points()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(8):
    model.train()
    for rows in torch.randperm(1600).split(40):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        print(epoch, (model(x[:1600]).argmax(1) == y[:1600]).float().mean().item(),
              (model(x[1600:]).argmax(1) == y[1600:]).float().mean().item())
