# expect: sigmoid-before-bce-with-logits
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
data, target = load_digits(return_X_y=True)
data = torch.tensor(data, dtype=torch.float32) / 16
one_hot = nn.functional.one_hot(torch.tensor(target), 10).float()
model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10), nn.Sigmoid())
criterion = nn.BCELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
for epoch in range(4):
    model.train()
    for rows in torch.randperm(1400).split(32):
        optimizer.zero_grad()
        loss = criterion(model(data[rows]), one_hot[rows])  # <- here
        loss.backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    correct = (model(data[1400:]).argmax(1) == one_hot[1400:].argmax(1)).sum().item()
print("accuracy", correct / len(data[1400:]))
