# expect: underfitting-capacity
"""All that is known of an image goes through one number, and the training is still on its way."""
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Squeezed(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten())
        self.code = nn.Linear(288, 1)  # <- here
        self.head = nn.Linear(1, 10)

    def forward(self, x):
        return self.head(self.code(self.features(x)))


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16).float().view(-1, 1, 8, 8), torch.tensor(y)
loader = DataLoader(TensorDataset(x[:1400], y[:1400]), batch_size=30, shuffle=True)
model = Squeezed()
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
for epoch in range(4):
    model.train()
    for images, labels in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        print(epoch, (model(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
