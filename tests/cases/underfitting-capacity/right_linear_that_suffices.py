# expect: nothing
import torch
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_breast_cancer(return_X_y=True)
parts = train_test_split(StandardScaler().fit_transform(x), y, test_size=0.3, random_state=0)
x_train, x_test, y_train, y_test = (torch.tensor(p, dtype=torch.float32) for p in parts)
model = nn.Linear(30, 1)
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(12):
    for a, b in DataLoader(TensorDataset(x_train, y_train), batch_size=32, shuffle=True):
        optimizer.zero_grad()
        criterion(model(a).squeeze(1), b).backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("accuracy", ((model(x_test).squeeze(1) > 0) == (y_test > 0.5)).float().mean().item())
