# expect: computed-but-unused
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)


class TwoBranches(nn.Module):
    def __init__(self):
        super().__init__()
        self.left = nn.Sequential(nn.Linear(64, 32), nn.ReLU())
        self.right = nn.Linear(1, 32)
        self.out = nn.Linear(64, 10)

    def forward(self, x):
        mean = torch.relu(self.right(x.mean(1, keepdim=True)))
        a = self.left(x)  # <- here
        return self.out(torch.cat([mean, mean], dim=1))


digits = load_digits()
x = torch.tensor(digits.data / 16, dtype=torch.float32)
y = torch.tensor(digits.target)
order = torch.randperm(len(y))
train, test = order[:1400], order[1400:]
model = TwoBranches()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
losses = []
for epoch in range(4):
    for batch in train[torch.randperm(1400)].split(70):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x[batch]), y[batch])
        loss.backward()
        losses.append(loss.item())
        optimizer.step()
model.eval()
with torch.no_grad():
    print("accuracy", (model(x[test]).argmax(1) == y[test]).float().mean().item())
