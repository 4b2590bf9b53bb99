# expect: evaluating-in-train-mode
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = torch.nn.Linear(64, 128)
        self.out = torch.nn.Linear(128, 10)

    def forward(self, x):
        x = F.dropout(F.relu(self.hidden(x)), 0.6, training=self.training)
        return self.out(x)


torch.manual_seed(0)
X, y = load_digits(return_X_y=True)
X, y = torch.tensor(X / 16, dtype=torch.float32), torch.tensor(y)
X_train, y_train, X_val, y_val = X[:1400], y[:1400], X[1400:], y[1400:]
model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(6):
    model.train()
    for rows in torch.randperm(len(X_train)).split(32):
        optimizer.zero_grad()
        F.cross_entropy(model(X_train[rows]), y_train[rows]).backward()
        optimizer.step()
    with torch.no_grad():
        logits = model(X_val)  # <- here
        print(f"epoch {epoch} val loss {F.cross_entropy(logits, y_val):.3f} "
              f"val acc {(logits.argmax(1) == y_val).float().mean():.3f}")
