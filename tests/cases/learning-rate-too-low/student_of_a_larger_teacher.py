# expect: learning-rate-too-low
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32).view(-1, 1, 8, 8) / 16, torch.tensor(y)
teacher = nn.Sequential(nn.Conv2d(1, 24, 3), nn.ReLU(), nn.Flatten(), nn.Linear(24 * 36, 10))
student = nn.Sequential(nn.Flatten(), nn.Linear(64, 24), nn.ReLU(), nn.Linear(24, 10))


def accuracy(net):
    net.eval()
    with torch.no_grad():
        return (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item()


def train(net, optimizer, criterion, epochs):
    for epoch in range(epochs):
        net.train()
        for rows in torch.randperm(1400).split(50):
            optimizer.zero_grad()
            criterion(net(x[rows]), rows).backward()
            optimizer.step()
        print("epoch", epoch, "test accuracy", accuracy(net))


def distill(outputs, rows, temperature=4.0):
    teacher.eval()
    with torch.no_grad():
        soft = F.softmax(teacher(x[rows]) / temperature, 1)
    kept = F.kl_div(F.log_softmax(outputs / temperature, 1), soft, reduction="batchmean")
    return temperature**2 * kept + F.cross_entropy(outputs, y[rows])


train(teacher, torch.optim.Adam(teacher.parameters(), 2e-3), lambda o, r: F.cross_entropy(o, y[r]), 4)
train(student, torch.optim.Adam(student.parameters(), lr=1e-6), distill, 8)  # <- here
