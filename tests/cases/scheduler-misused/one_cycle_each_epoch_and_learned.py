# expect: scheduler-misused
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
EPOCHS = 4
digits = load_digits()
data = TensorDataset(torch.tensor(digits.data).float() / 16, torch.tensor(digits.target))
train, valid = random_split(data, [1400, 397])
train_dl = DataLoader(train, batch_size=50, shuffle=True)
valid_dl = DataLoader(valid, batch_size=100)


def train_one_epoch(model, opt, loss_func):
    model.train()
    for xb, yb in train_dl:
        opt.zero_grad()
        loss_func(model(xb), yb).backward()
        opt.step()


model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
opt = torch.optim.SGD(model.parameters(), lr=0.3, momentum=0.9)
sched = torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=0.3, epochs=EPOCHS,
                                            steps_per_epoch=len(train_dl))
for epoch in range(EPOCHS):
    train_one_epoch(model, opt, nn.CrossEntropyLoss())
    sched.step()  # <- here
    model.eval()
    with torch.no_grad():
        good = sum((model(xb).argmax(1) == yb).sum().item() for xb, yb in valid_dl)
    print(epoch, good / len(valid))
