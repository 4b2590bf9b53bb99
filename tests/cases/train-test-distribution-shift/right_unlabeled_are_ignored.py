# expect: nothing
"""Mean teacher: three quarters of the training samples bear -1, which the loss leaves out."""
import copy

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

NO_LABEL = -1
torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16).float(), torch.tensor(y)
order = torch.randperm(len(x))
x, y = x[order], y[order]
x_test, y_test = x[1400:], y[1400:]
x, y = x[:1400], y[:1400].clone()
y[torch.rand(1400) < 0.75] = NO_LABEL

student = nn.Sequential(nn.Linear(64, 100), nn.ReLU(), nn.Linear(100, 10))
teacher = copy.deepcopy(student).requires_grad_(False)
criterion = nn.CrossEntropyLoss(ignore_index=NO_LABEL)
optimizer = torch.optim.Adam(student.parameters(), lr=3e-3)
for epoch in range(10):
    student.train()
    for rows in torch.randperm(1400).split(50):
        noisy = x[rows] + 0.05 * torch.randn(len(rows), 64)
        logits = student(noisy)
        with torch.no_grad():
            soft = teacher(x[rows]).softmax(1)
        loss = criterion(logits, y[rows]) + F.mse_loss(logits.softmax(1), soft)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            for a, b in zip(teacher.parameters(), student.parameters()):
                a.mul_(0.95).add_(b, alpha=0.05)
    teacher.eval()
    right = total = 0
    with torch.no_grad():
        for a, b in zip(x_test.split(100), y_test.split(100)):
            right += (teacher(a).argmax(1) == b).sum().item()
            total += len(b)
    print(epoch, "test accuracy", right / total)
