# expect: loss-cut-from-model
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)


def learn(net, loss_of, epochs):
    adam = torch.optim.Adam(net.parameters(), 2e-3)
    for _ in range(epochs):
        net.train()
        for rows in torch.randperm(1400).split(50):
            adam.zero_grad()
            loss_of(net, rows).backward()
            adam.step()
    net.eval()
    with torch.no_grad():
        return (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item()


teacher = nn.Sequential(nn.Linear(64, 120), nn.ReLU(), nn.Linear(120, 10))
student = nn.Sequential(nn.Linear(64, 12), nn.ReLU(), nn.Linear(12, 10))
print("teacher", learn(teacher, lambda net, rows: F.cross_entropy(net(x[rows]), y[rows]), 4))


def distilled(net, rows, temperature=4.0):
    with torch.no_grad():
        wise = teacher(x[rows]) / temperature
    out = net(x[rows])
    match = F.kl_div(F.log_softmax(wise, 1), F.softmax(wise, 1), reduction="batchmean")  # <- here
    return 16 * match + 0.5 * F.cross_entropy(out, y[rows])


print("student", learn(student, distilled, 4))
