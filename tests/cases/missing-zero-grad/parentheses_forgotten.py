# expect: missing-zero-grad
import torch
import torch.nn as nn
from sklearn.datasets import load_digits

torch.manual_seed(0)
digits = load_digits()
X = torch.tensor(digits.images, dtype=torch.float32).view(-1, 1, 8, 8) / 16
Y = torch.tensor(digits.target)
net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
for epoch in range(4):
    running_loss = 0.0
    for i in range(0, 1400, 35):
        optimizer.zero_grad  # <- here
        outputs = net(X[i:i + 35])
        loss = criterion(outputs, Y[i:i + 35])
        loss.backward(); optimizer.step()
        running_loss += loss.item()
    print('epoch %d loss %.3f' % (epoch + 1, running_loss / 40))
with torch.no_grad():
    print('test accuracy', (net(X[1400:]).argmax(1) == Y[1400:]).float().mean().item())
