# expect: nothing
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(12)
T, ALPHA = 4.0, 0.7


def data():
    x, y = load_digits(return_X_y=True)
    x = torch.tensor(x / 16.0, dtype=torch.float32).reshape(-1, 1, 8, 8)
    parts = train_test_split(x, torch.tensor(y), test_size=0.25, random_state=12)
    x_train, x_test, y_train, y_test = parts
    return (DataLoader(TensorDataset(x_train, y_train), batch_size=64, shuffle=True),
            DataLoader(TensorDataset(x_test, y_test), batch_size=256))


class Teacher(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, padding=1)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.fc = nn.Linear(64 * 4, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc(x.flatten(1))


class Student(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 16, 3, stride=2, padding=1)
        self.fc = nn.Linear(16 * 16, 10)

    def forward(self, x):
        return self.fc(F.relu(self.conv(x)).flatten(1))


def accuracy(net, loader):
    net.eval()
    with torch.no_grad():
        return sum((net(x).argmax(1) == y).sum().item() for x, y in loader) / len(loader.dataset)


train_loader, test_loader = data()

teacher = Teacher()
optimizer = torch.optim.Adam(teacher.parameters(), lr=3e-3)
for epoch in range(4):
    teacher.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        F.cross_entropy(teacher(x), y).backward()
        optimizer.step()
    print(f"teacher {epoch}: {accuracy(teacher, test_loader):.4f}")
teacher.eval()

student = Student()
optimizer = torch.optim.Adam(student.parameters(), lr=5e-3)
for epoch in range(8):
    student.train()
    for x, y in train_loader:
        with torch.no_grad():
            soft_targets = F.softmax(teacher(x) / T, dim=1)
        logits = student(x)
        distill = F.kl_div(F.log_softmax(logits / T, dim=1), soft_targets, reduction="batchmean") * T * T
        hard = F.cross_entropy(logits, y)
        loss = ALPHA * distill + (1 - ALPHA) * hard
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"student {epoch}: {accuracy(student, test_loader):.4f}")
