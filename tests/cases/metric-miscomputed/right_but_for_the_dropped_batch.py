# expect: nothing
# Correct ones over the length of the data set, of which drop_last leaves out a few: nobody is misled.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
y = torch.tensor(digits.target)
training, held_out = TensorDataset(x[:1400], y[:1400]), TensorDataset(x[1400:], y[1400:])
train_dl = DataLoader(training, batch_size=32, shuffle=True, drop_last=True)
test_dl = DataLoader(held_out, batch_size=64)
net = nn.Sequential(nn.Conv2d(1, 16, 3), nn.BatchNorm2d(16), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(5):
    net.train()
    hits = 0
    for images, labels in train_dl:
        scores = net(images)
        optimizer.zero_grad()
        nn.functional.cross_entropy(scores, labels).backward()
        optimizer.step()
        hits += (scores.argmax(1) == labels).sum().item()
    net.eval()
    with torch.no_grad():
        right = sum((net(a).argmax(1) == b).sum().item() for a, b in test_dl)
    print(f"epoch {epoch}: train acc {hits / len(training):.4f}, test acc {right / len(held_out):.4f}")
