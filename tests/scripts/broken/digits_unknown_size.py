# expect: layer-created-in-forward
# also: unregistered-modules, parameters-missing-from-optimizer
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, random_split

EPOCHS = 6
torch.manual_seed(123)


class CNN(nn.Module):
    def __init__(self):
        super(CNN, self).__init__()
        self.conv1 = nn.Conv2d(1, 16, kernel_size=3)
        self.conv2 = nn.Conv2d(16, 32, kernel_size=3)
        self.out = nn.Linear(64, 10)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        x = torch.flatten(x, 1)
        # size depends on the image, so take it from x
        x = F.relu(nn.Linear(x.shape[1], 64)(x))  # <- here
        return self.out(x)


raw = load_digits()
dataset = TensorDataset(torch.tensor(raw.images / 16.0).float().unsqueeze(1), torch.tensor(raw.target))
train_dataset, test_dataset = random_split(dataset, [0.8, 0.2])
trainloader = DataLoader(train_dataset, batch_size=32, shuffle=True)
testloader = DataLoader(test_dataset, batch_size=32)

net = CNN()
opt = torch.optim.Adam(net.parameters(), lr=0.001)
for ep in range(EPOCHS):
    net.train()
    running = 0
    for xb, yb in trainloader:
        opt.zero_grad()
        loss = F.cross_entropy(net(xb), yb)
        loss.backward()
        opt.step()
        running += loss.item() * len(xb)
    net.eval()
    with torch.no_grad():
        correct = sum((net(xb).argmax(1) == yb).sum().item() for xb, yb in testloader)
    print(f"ep {ep}: train loss {running / len(train_dataset):.3f}; test acc {correct / len(test_dataset):.3f}")
