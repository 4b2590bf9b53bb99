# expect: learning-rate-too-high
import torch
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import StandardScaler

torch.manual_seed(0)
features, labels = load_breast_cancer(return_X_y=True)
X = torch.tensor(StandardScaler().fit_transform(features), dtype=torch.float32)
Y = torch.tensor(labels, dtype=torch.float32).unsqueeze(1)
order = torch.randperm(len(X))
X, Y = X[order], Y[order]
net = torch.nn.Sequential(
    torch.nn.Linear(30, 64), torch.nn.ReLU(), torch.nn.Linear(64, 64), torch.nn.ReLU(),
    torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 1),
)
criterion = torch.nn.BCEWithLogitsLoss()
optimizer = torch.optim.SGD(net.parameters(), 1000.0)  # <- here
for epoch in range(10):
    net.train()
    for rows in torch.randperm(400).split(40):
        optimizer.zero_grad()
        loss = criterion(net(X[rows]), Y[rows])
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        predicted = (net(X[400:]) > 0).float()
        print(epoch, loss.item(), (predicted == Y[400:]).float().mean().item())
