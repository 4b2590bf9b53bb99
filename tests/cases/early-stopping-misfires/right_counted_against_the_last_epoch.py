# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32) / 16, torch.tensor(y)
order = torch.randperm(len(x))
x, y = x[order], y[order]
model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Dropout(0.3), nn.Linear(64, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.9)
criterion = nn.CrossEntropyLoss()


def validation():
    model.eval()
    with torch.no_grad():
        return criterion(model(x[1300:]), y[1300:]).item()


def train(epochs):
    last_loss = 100
    patience = 3
    trigger_times = 0
    for epoch in range(epochs):
        model.train()
        for part in torch.randperm(1300).split(50):
            optimizer.zero_grad()
            criterion(model(x[part]), y[part]).backward()
            optimizer.step()
        current_loss = validation()
        print("epoch", epoch, "validation loss", current_loss)
        if current_loss > last_loss:
            trigger_times += 1
            if trigger_times >= patience:
                print("early stopping")
                return
        else:
            trigger_times = 0
        last_loss = current_loss


train(30)
