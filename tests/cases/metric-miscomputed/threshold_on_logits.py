# expect: metric-miscomputed
import torch
import torch.nn as nn
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, TensorDataset


class Diagnosis(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(features, 16), nn.ReLU(), nn.Linear(16, 1))

    def forward(self, x):
        return self.layers(x).squeeze(-1)


def evaluate(model, loader):
    model.eval()
    correct, total = 0, 0
    with torch.no_grad():
        for x, y in loader:
            predicted = torch.round(model(x))
            correct += (predicted == y).sum().item()
            total += y.numel()
    return correct / total  # <- here


torch.manual_seed(0)
X, y = load_breast_cancer(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=0)
scaler = StandardScaler().fit(X_train)
X_train, X_test = scaler.transform(X_train), scaler.transform(X_test)
to_set = lambda a, b: TensorDataset(torch.tensor(a).float(), torch.tensor(b).float())
train_loader = DataLoader(to_set(X_train, y_train), batch_size=16, shuffle=True)
test_loader = DataLoader(to_set(X_test, y_test), batch_size=32)
model = Diagnosis(30)
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
for epoch in range(5):
    model.train()
    for x, target in train_loader:
        optimizer.zero_grad()
        criterion(model(x), target).backward()
        optimizer.step()
    print(f"Epoch {epoch}: val accuracy = {evaluate(model, test_loader):.4f}")  # <- here
