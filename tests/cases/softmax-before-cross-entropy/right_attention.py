# expect: nothing
# Softmax inside the network: attention over the rows of the image.
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn


class RowAttention(nn.Module):
    def __init__(self, width=32, classes=10):
        super().__init__()
        self.embed = nn.Linear(8, width)
        self.position = nn.Parameter(torch.randn(8, width) * 0.1)
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.norm = nn.LayerNorm(width * 8)
        self.head = nn.Linear(width * 8, classes)

    def forward(self, rows):
        x = self.embed(rows) + self.position
        scores = self.query(x) @ self.key(x).transpose(1, 2) / x.shape[-1] ** 0.5
        mixed = torch.softmax(scores, dim=-1) @ self.value(x)
        return self.head(self.norm((x + mixed).flatten(1)))


torch.manual_seed(0)
digits = load_digits()
rows = torch.tensor(digits.images, dtype=torch.float32) / 16
x_train, x_test, y_train, y_test = train_test_split(
    rows, torch.tensor(digits.target), test_size=0.25, random_state=0
)
model = RowAttention()
optimizer = torch.optim.Adam(model.parameters(), lr=0.002)
for epoch in range(6):
    model.train()
    for batch in torch.randperm(len(x_train)).split(64):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x_train[batch]), y_train[batch]).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        print(epoch, (model(x_test).argmax(1) == y_test).float().mean().item())
