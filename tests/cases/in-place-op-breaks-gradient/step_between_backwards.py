# expect: in-place-op-breaks-gradient
# Two losses of one forward pass, each with its own step: the first step moves the weights.
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x / 16, dtype=torch.float32)
x_train, x_test, y_train, y_test = train_test_split(x, torch.tensor(y), random_state=0)
model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(3):
    model.train()
    for rows in torch.randperm(len(x_train)).split(64):
        logits = model(x_train[rows])
        optimizer.zero_grad()
        criterion(logits, y_train[rows]).backward(retain_graph=True)
        optimizer.step()  # <- here
        margin = nn.functional.multi_margin_loss(logits, y_train[rows])
        optimizer.zero_grad()
        margin.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        print(epoch, (model(x_test).argmax(1) == y_test).float().mean().item())
