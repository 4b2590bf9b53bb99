# expect: target-encoding-mismatch
# BCE accepts labels of 1 and 2 without a word; its loss then falls without end.
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
images = torch.tensor(x / 16, dtype=torch.float32).view(-1, 1, 8, 8)
labels = torch.tensor(y >= 5, dtype=torch.float32) + 1
x_train, x_test, y_train, y_test = train_test_split(images, labels, random_state=0)
net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 1))
loss_fn = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=0.005)
for epoch in range(3):
    net.train()
    for rows in torch.randperm(len(x_train)).split(64):
        optimizer.zero_grad()
        loss = loss_fn(net(x_train[rows]).squeeze(1), y_train[rows])  # <- here
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        guess = (net(x_test).squeeze(1) > 0).float() + 1
        print(epoch, loss.item(), (guess == y_test).float().mean().item())
