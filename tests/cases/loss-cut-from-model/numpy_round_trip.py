# expect: loss-cut-from-model
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images / 16, dtype=torch.float32).unsqueeze(1)
y = torch.tensor(digits.target)
order = torch.randperm(len(y))
train, test = order[:1400], order[1400:]
model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
for epoch in range(3):
    model.train()
    for batch in train[torch.randperm(1400)].split(64):
        scores = model(x[batch])
        clipped = np.clip(scores.detach().numpy(), -10, 10)
        outputs = torch.tensor(clipped, requires_grad=True)  # <- here
        correct = (outputs.argmax(1) == y[batch]).float().mean().item()
        loss = criterion(outputs, y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        print(epoch, correct, (model(x[test]).argmax(1) == y[test]).float().mean().item())
