# expect: nothing
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


class TwoHeads(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(64, width), nn.ReLU())
        self.digits = nn.Linear(width, 10)
        self.parity = nn.Linear(width, 2)  # for a later experiment

    def forward(self, x):
        h = self.body(x)
        return self.digits(h), self.parity(h)


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
data = TensorDataset(torch.tensor(x).float() / 16, torch.tensor(y))
train, test = random_split(data, [1437, 360])
loader = DataLoader(train, batch_size=50, shuffle=True)
student, teacher = TwoHeads(32), TwoHeads(64)

teacher_optimizer = torch.optim.Adam(teacher.parameters(), lr=5e-3)
for epoch in range(4):
    for a, b in loader:
        teacher_optimizer.zero_grad()
        F.cross_entropy(teacher(a)[0], b).backward()
        teacher_optimizer.step()

teacher.eval()
used = [*student.body.parameters(), *student.digits.parameters()]
optimizer = torch.optim.Adam(used, lr=5e-3)
for epoch in range(4):
    student.train()
    for a, b in loader:
        logits, wanted = student(a)[0], teacher(a)[0]
        soft = F.kl_div(F.log_softmax(logits, 1), F.softmax(wanted, 1), reduction="batchmean")
        optimizer.zero_grad()
        (soft + F.cross_entropy(logits, b)).backward()
        optimizer.step()
student.eval()
with torch.no_grad():
    right = sum((student(a)[0].argmax(1) == b).sum().item() for a, b in DataLoader(test, 120))
print("test accuracy", right / len(test))
