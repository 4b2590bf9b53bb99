# expect: loss-cut-from-model
# item() was meant for the running loss.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
data = TensorDataset(images, torch.tensor(digits.target))


def step(net, loss_fn, x, y):
    outputs = net(x)
    loss = loss_fn(outputs, y).item()  # <- here
    return loss


net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))
optimizer = torch.optim.Adam(net.parameters())
for epoch in range(3):
    running = 0.0
    for x, y in DataLoader(data, 50, shuffle=True):
        optimizer.zero_grad()
        batch_loss = step(net, nn.CrossEntropyLoss(), x, y)
        batch_loss.backward()
        optimizer.step()
        running += batch_loss
    print(epoch, running)
