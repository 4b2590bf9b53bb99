# expect: activation-on-logits
# also: unsuitable-activation
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
digits = load_digits()
data = torch.tensor(digits.data / 16, dtype=torch.float32)
labels = torch.tensor(digits.target)
shuffled = torch.randperm(len(data))
train = TensorDataset(data[shuffled[:1400]], labels[shuffled[:1400]])
test = TensorDataset(data[shuffled[1400:]], labels[shuffled[1400:]])

classifier = nn.Sequential(
    nn.Linear(64, 64),
    nn.ReLU(),
    nn.Linear(64, 10),
    nn.Sigmoid(),  # <- here
)
opt = torch.optim.SGD(classifier.parameters(), lr=0.1)
loss_fn = nn.CrossEntropyLoss()
for _ in range(6):
    for xb, yb in DataLoader(train, batch_size=50, shuffle=True):
        loss = loss_fn(classifier(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
classifier.eval()
with torch.no_grad():
    hits = sum((classifier(a).argmax(1) == b).sum().item() for a, b in DataLoader(test, 100))
print("accuracy", hits / len(test))
