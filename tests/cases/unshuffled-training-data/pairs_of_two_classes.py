# expect: nothing
# Shuffled batches of two samples and two classes: about half of them hold one class, by chance.
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(3)
digits = load_digits(n_class=2)
x = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
y = torch.tensor(digits.target)
x_train, y_train, x_test, y_test = x[:40], y[:40], x[40:], y[40:]
model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 36, 2))
optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
for epoch in range(12):
    model.train()
    for pair in torch.randperm(len(x_train)).split(2):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x_train[pair]), y_train[pair]).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        print(epoch, (model(x_test).argmax(1) == y_test).float().mean().item())
