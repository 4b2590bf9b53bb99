# expect: nothing
# The student copies the teacher's raw outputs by squared error: the targets are no labels.
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

torch.manual_seed(4)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x / 16, dtype=torch.float32).view(-1, 1, 8, 8)
x_train, x_test, y_train, y_test = train_test_split(x, torch.tensor(y), random_state=4)


def network(width):
    return nn.Sequential(
        nn.Conv2d(1, width, 3), nn.ReLU(), nn.Flatten(), nn.Linear(width * 36, 10)
    )


def train(model, loss_of, epochs=5):
    optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
    for _ in range(epochs):
        model.train()
        for rows in torch.randperm(len(x_train)).split(64):
            optimizer.zero_grad()
            loss_of(model, rows).backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            print((model(x_test).argmax(1) == y_test).float().mean().item())


teacher, student = network(24), network(12)
train(teacher, lambda m, rows: nn.functional.cross_entropy(m(x_train[rows]), y_train[rows]))
with torch.no_grad():
    wanted = teacher(x_train)
train(student, lambda m, rows: nn.functional.mse_loss(m(x_train[rows]), wanted[rows]))
