# expect: nothing
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(3)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32) / 16, torch.tensor(y)
teacher = torch.nn.Sequential(torch.nn.Linear(64, 96), torch.nn.ReLU(), torch.nn.Linear(96, 10))
student = torch.nn.Linear(64, 10)


def learn(network, loss_of, rate, epochs):
    optimizer = torch.optim.SGD(network.parameters(), lr=rate, momentum=0.9)
    for _ in range(epochs):
        for rows in torch.randperm(1200).split(40):
            optimizer.zero_grad()
            loss_of(rows).backward()
            optimizer.step()


learn(teacher, lambda rows: F.cross_entropy(teacher(x[rows]), y[rows]), 0.05, 5)
teacher.requires_grad_(False)


def distance(rows, temperature=2.0):
    given = torch.log_softmax(student(x[rows]) / temperature, -1)
    with torch.no_grad():
        wanted = F.softmax(teacher(x[rows]) / temperature, -1)
    return F.kl_div(given, wanted, reduction="batchmean")


learn(student, distance, 0.1, 6)
with torch.no_grad():
    for name, network in (("teacher", teacher), ("student", student)):
        print(name, (network(x[1200:]).argmax(1) == y[1200:]).float().mean().item())
