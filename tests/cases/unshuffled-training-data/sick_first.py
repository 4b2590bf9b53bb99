# expect: unshuffled-training-data
# Two classes, one after the other.
import torch
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

X, y = load_breast_cancer(return_X_y=True)
X = StandardScaler().fit_transform(X)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=0)
order = y_train.argsort(kind="stable")


def tensors(X, y):
    return torch.tensor(X, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)[:, None]


torch.manual_seed(0)
train_loader = DataLoader(TensorDataset(*tensors(X_train[order], y_train[order])), 16)  # <- here
test_loader = DataLoader(TensorDataset(*tensors(X_test, y_test)), batch_size=64)
net = nn.Sequential(nn.Linear(30, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 1))
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
for epoch in range(6):
    net.train()
    for features, label in train_loader:
        optimizer.zero_grad()
        criterion(net(features), label).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        hits = sum(((net(f) > 0) == (label > 0)).sum().item() for f, label in test_loader)
    print(epoch, f"accuracy {hits / len(y_test):.3f}")
