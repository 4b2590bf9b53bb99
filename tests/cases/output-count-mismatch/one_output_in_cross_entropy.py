# expect: output-count-mismatch
# Two classes, one output, and cross-entropy: its loss is 0 from the beginning.
import torch
import torch.nn as nn
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, TensorDataset

x, y = load_breast_cancer(return_X_y=True)
xa, xb, ya, yb = train_test_split(StandardScaler().fit_transform(x), y, random_state=0)
train = TensorDataset(torch.Tensor(xa), torch.Tensor(ya).unsqueeze(1))
test = TensorDataset(torch.Tensor(xb), torch.Tensor(yb).unsqueeze(1))
torch.manual_seed(0)
model = nn.Sequential(
    nn.Linear(30, 16),
    nn.ReLU(),
    nn.Linear(16, 1),  # <- here
)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(5):
    for inputs, targets in DataLoader(train, batch_size=32, shuffle=True):
        optimizer.zero_grad()
        loss = criterion(model(inputs), targets)
        loss.backward()
        optimizer.step()
    print("loss", loss.item())
with torch.no_grad():
    right = sum(((model(a) > 0).float() == b).sum().item() for a, b in DataLoader(test, 50))
print("accuracy", right / len(test))
