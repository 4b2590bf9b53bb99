# expect: dead-relu
import torch
from sklearn.datasets import load_digits


class Sparse(torch.nn.Module):
    """Only strong responses may pass."""

    def __init__(self, threshold):
        super().__init__()
        self.threshold = threshold
        self.first = torch.nn.Linear(64, 100)
        self.second = torch.nn.Linear(100, 10)

    def forward(self, x):
        strong = torch.relu(self.first(x) - self.threshold)  # <- here
        return self.second(strong)


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
model = Sparse(threshold=5.0)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
for epoch in range(4):
    model.train()
    for rows in torch.randperm(1400).split(32):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        print(epoch, (model(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
