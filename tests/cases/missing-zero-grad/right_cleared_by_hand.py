# expect: nothing
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

torch.manual_seed(0)
data, target = load_digits(return_X_y=True)
x, x_test, y, y_test = train_test_split(data / 16, target, random_state=0)
x, x_test = torch.tensor(x, dtype=torch.float32), torch.tensor(x_test, dtype=torch.float32)
y, y_test = torch.tensor(y), torch.tensor(y_test)

model = nn.Sequential(nn.Linear(64, 40), nn.GELU(), nn.Linear(40, 10))
body = torch.optim.Adam(model[0].parameters(), lr=0.005)
head = torch.optim.SGD(model[2].parameters(), lr=0.1)
for epoch in range(10):
    for rows in torch.randperm(len(x)).split(32):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = nn.functional.cross_entropy(model(x[rows]), y[rows])
        loss.backward()
        for optimizer in (body, head):
            optimizer.step()
        for p in model.parameters():
            p.grad = None

model.eval()
with torch.no_grad():
    print("test accuracy", (model(x_test).argmax(1) == y_test).float().mean().item())
