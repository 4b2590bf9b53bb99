# expect: nothing
# Four batches a step, over enough epochs.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(1)
images, labels = load_digits(return_X_y=True)
images = torch.tensor(images, dtype=torch.float32).view(-1, 1, 8, 8) / 16
labels = torch.tensor(labels)
train = DataLoader(TensorDataset(images[:1440], labels[:1440]), batch_size=60, shuffle=True)
GATHER = 4


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Conv2d(16, 24, 3), nn.ReLU())
        self.head = nn.Linear(24 * 16, 10)

    def forward(self, x):
        return self.head(self.body(x).flatten(1))


net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
for epoch in range(12):
    net.train()
    for number, (pictures, wanted) in enumerate(train, start=1):
        loss = nn.functional.cross_entropy(net(pictures), wanted) / GATHER
        loss.backward()
        if number % GATHER == 0:
            optimizer.step()
            optimizer.zero_grad()

net.eval()
with torch.no_grad():
    print("test accuracy", (net(images[1440:]).argmax(1) == labels[1440:]).float().mean().item())
