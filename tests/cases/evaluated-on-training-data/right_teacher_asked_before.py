# expect: nothing
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
train, held_out = TensorDataset(x[:1400], y[:1400]), TensorDataset(x[1400:], y[1400:])
fixed_order = DataLoader(train, batch_size=50)
dev_loader = DataLoader(held_out, batch_size=100)


def accuracy(net, loader):
    net.eval()
    with torch.no_grad():
        return sum((net(a).argmax(1) == b).sum().item() for a, b in loader) / len(loader.dataset)


def mlp(width):
    return nn.Sequential(nn.Linear(64, width), nn.ReLU(), nn.Linear(width, 10))


teacher, student = mlp(100), mlp(24)
adam = torch.optim.Adam(teacher.parameters(), 3e-3)
for _ in range(4):
    teacher.train()
    for a, b in DataLoader(train, batch_size=50, shuffle=True):
        adam.zero_grad()
        F.cross_entropy(teacher(a), b).backward()
        adam.step()
print(f"teacher eval accuracy {accuracy(teacher, dev_loader):.4f}")

with torch.no_grad():
    answers = torch.cat([teacher(a) for a, _ in fixed_order])  # once, for all epochs
wanted = DataLoader(TensorDataset(x[:1400], y[:1400], answers), batch_size=50, shuffle=True)
adam = torch.optim.Adam(student.parameters(), 3e-3)
for epoch in range(5):
    student.train()
    for a, b, soft in wanted:
        out = student(a)
        match = F.kl_div(F.log_softmax(out / 3, 1), F.softmax(soft / 3, 1), reduction="batchmean")
        adam.zero_grad()
        (9 * match + F.cross_entropy(out, b)).backward()
        adam.step()
    print(f"epoch {epoch} eval accuracy {accuracy(student, dev_loader):.4f}")
