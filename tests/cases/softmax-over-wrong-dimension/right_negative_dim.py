# expect: nothing
# dim=-1 is the classes where the output is [N, C]; softmax over the batch only for a display.
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x / 16, dtype=torch.float32)
x_train, x_test, y_train, y_test = train_test_split(x, torch.tensor(y), random_state=0)
model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10), nn.LogSoftmax(dim=-1))
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
loss_fn = nn.NLLLoss()
for epoch in range(5):
    model.train()
    for rows in torch.randperm(len(x_train)).split(64):
        optimizer.zero_grad()
        loss_fn(model(x_train[rows]), y_train[rows]).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        log_p = model(x_test)
        most_typical = log_p.softmax(dim=0).argmax(dim=0).tolist()
        print(epoch, (log_p.argmax(1) == y_test).float().mean().item(), most_typical)
