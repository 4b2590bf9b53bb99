# expect: nothing
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x).float() / 16, torch.tensor(y)
order = torch.randperm(len(x))
train, test = order[:1400], order[1400:]


def mlp(width):
    return nn.Sequential(nn.Linear(64, width), nn.ReLU(), nn.Linear(width, 10))


class Student(nn.Module):
    def __init__(self, teacher):
        super().__init__()
        self.net = mlp(24)
        self.teacher = [teacher]  # in a list, so that it is neither saved nor trained

    def forward(self, x):
        return self.net(x), self.teacher[0](x)


def fit(parameters, loss_of, epochs):
    optimizer = torch.optim.Adam(parameters, lr=5e-3)
    for _ in range(epochs):
        for rows in train[torch.randperm(len(train))].split(50):
            optimizer.zero_grad()
            loss_of(x[rows], y[rows]).backward()
            optimizer.step()


teacher = mlp(64)
fit(teacher.parameters(), lambda a, b: F.cross_entropy(teacher(a), b), epochs=5)
student = Student(teacher.eval())


def distill(a, b):
    own, wanted = student(a)
    return F.cross_entropy(own, F.softmax(wanted / 2, dim=1)) + F.cross_entropy(own, b)


fit(student.parameters(), distill, epochs=5)
student.eval()
with torch.no_grad():
    print("test accuracy", (student(x[test])[0].argmax(1) == y[test]).float().mean().item())
