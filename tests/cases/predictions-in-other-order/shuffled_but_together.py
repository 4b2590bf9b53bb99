# expect: nothing
import torch
from sklearn.datasets import load_digits
from sklearn.metrics import accuracy_score
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(2)
x, y = load_digits(return_X_y=True)
train, test = random_split(TensorDataset(torch.tensor(x / 16).float(), torch.tensor(y)), [0.7, 0.3])
train_dl, test_dl = (DataLoader(part, 50, shuffle=True) for part in (train, test))
print("classes in the test set", torch.cat([b for _, b in test_dl]).unique().tolist())
net = nn.Sequential(nn.Linear(64, 60), nn.ReLU(), nn.Linear(60, 10))
opt = torch.optim.Adam(net.parameters(), 3e-3)
for epoch in range(5):
    net.train()
    for a, b in train_dl:
        opt.zero_grad()
        nn.functional.cross_entropy(net(a), b).backward()
        opt.step()
net.eval()
true, predicted = [], []
with torch.no_grad():
    for a, b in test_dl:
        true += b.tolist()
        predicted += net(a).argmax(1).tolist()
print("accuracy by chance", 0.1)
print("test accuracy", accuracy_score(true, predicted))
