# expect: mse-on-class-labels
# Labels of shape [N, 1] broadcast against [N, 10]: it runs, and learns the mean of the labels.
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
y = torch.tensor(digits.target, dtype=torch.float32).reshape(-1, 1)
x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.25, random_state=0)

net = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
loss_fn = nn.SmoothL1Loss()
optimizer = torch.optim.Adam(net.parameters(), lr=0.003)
for epoch in range(4):
    net.train()
    for rows in torch.randperm(len(x_train)).split(50):
        optimizer.zero_grad()
        loss = loss_fn(net(x_train[rows]), y_train[rows])  # <- here
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        correct = (net(x_test).argmax(1, keepdim=True) == y_test).float().mean()
    print(f"{epoch} loss {loss.item():.3f} accuracy {correct.item():.3f}")
