# expect: nothing
# The second output is there for another task and not used in this one.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(8, 64, batch_first=True)
        self.classify = nn.Linear(64, 10)
        self.project = nn.Linear(64, 16)

    def forward(self, x):
        states, last = self.rnn(x)
        h = last[-1]
        return self.classify(h), self.project(h)


torch.manual_seed(0)
digits = load_digits()
data = TensorDataset(
    torch.tensor(digits.images / 16, dtype=torch.float32), torch.tensor(digits.target)
)
train, test = random_split(data, [1400, 397])
net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(4):
    for x, y in DataLoader(train, batch_size=50, shuffle=True):
        scores, _ = net(x)
        loss = nn.functional.cross_entropy(scores, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
net.eval()
right = 0
with torch.no_grad():
    for x, y in DataLoader(test, batch_size=100):
        scores, _ = net(x)
        right += (scores.argmax(1) == y).sum().item()
print("accuracy", right / len(test))
