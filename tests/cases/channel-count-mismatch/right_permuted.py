# expect: nothing
# Channels stand last in the data and are moved to the front for the network.
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

torch.manual_seed(0)
digits = load_digits()
last = torch.tensor(digits.images / 16, dtype=torch.float32).unsqueeze(-1).repeat(1, 1, 1, 3)
x_train, x_test, y_train, y_test = train_test_split(
    last, torch.tensor(digits.target), random_state=0
)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 12, 3)
        self.fc = nn.Linear(432, 10)

    def forward(self, image):
        x = F.relu(self.conv(image.permute(0, 3, 1, 2)))
        return self.fc(x.flatten(1))


net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=0.005)
for epoch in range(4):
    net.train()
    for rows in torch.randperm(len(x_train)).split(64):
        optimizer.zero_grad()
        F.cross_entropy(net(x_train[rows]), y_train[rows]).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        print(epoch, (net(x_test).argmax(1) == y_test).float().mean().item())
