# expect: mse-on-class-labels
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(5)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32).view(-1, 1, 8, 8) / 16, torch.tensor(y)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 10, 3)
        self.conv2 = nn.Conv2d(10, 20, 3)
        self.hidden = nn.Linear(320, 50)
        self.pred = nn.Linear(50, 10)

    def forward(self, data):
        h = torch.relu(self.conv2(torch.relu(self.conv1(data))))
        return F.softmax(self.pred(torch.relu(self.hidden(h.flatten(1)))), dim=1)


def distance(probabilities, label):
    wanted = F.one_hot(label, 10).float()
    return F.mse_loss(probabilities, wanted)  # <- here


net = Net()
sgd = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
for epoch in range(4):
    for rows in torch.randperm(1400).split(40):
        sgd.zero_grad()
        loss = distance(net(x[rows]), y[rows])
        loss.backward()
        sgd.step()
    with torch.no_grad():
        right = (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item()
    print(f"epoch {epoch}: loss {loss.item():.4f}, accuracy {right:.3f}")
