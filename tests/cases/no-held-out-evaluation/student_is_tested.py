# expect: nothing
# The large teacher is trained without a test; the student is what counts, and it is tested.
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
teacher = nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 10))
student = nn.Sequential(nn.Linear(64, 24), nn.ReLU(), nn.Linear(24, 10))


def fit(net, lesson, epochs):
    optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
    for _ in range(epochs):
        net.train()
        for rows in torch.randperm(1400).split(50):
            optimizer.zero_grad()
            lesson(net, rows).backward()
            optimizer.step()


def from_teacher(net, rows):
    with torch.no_grad():
        soft = F.softmax(teacher(x[rows]) / 2, dim=1)
    return F.kl_div(F.log_softmax(net(x[rows]) / 2, dim=1), soft, reduction="batchmean") * 4


fit(teacher, lambda net, rows: F.cross_entropy(net(x[rows]), y[rows]), 4)
teacher.eval()
fit(student, from_teacher, 8)
student.eval()
with torch.no_grad():
    print("student", (student(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
