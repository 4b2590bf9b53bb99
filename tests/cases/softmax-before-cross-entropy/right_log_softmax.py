# expect: nothing
# Log-softmax before cross-entropy is idle: its own softmax finds nothing left to do.
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x, dtype=torch.float32).view(-1, 1, 8, 8) / 16
x_train, x_test, y_train, y_test = train_test_split(x, torch.tensor(y), random_state=0)
net = nn.Sequential(
    nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10), nn.LogSoftmax(dim=1)
)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=0.004)
for epoch in range(4):
    net.train()
    for batch in torch.randperm(len(x_train)).split(64):
        loss = criterion(net(x_train[batch]), y_train[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        print(epoch, (net(x_test).argmax(1) == y_test).float().mean().item())
