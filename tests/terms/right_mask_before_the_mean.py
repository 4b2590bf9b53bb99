# expect: nothing
# Rows of five digits of which the first few are transcribed; the other labels are 0.
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
pixels = torch.tensor(digits.images / 16, dtype=torch.float32)
numbers = torch.tensor(digits.target)
rows = torch.randint(1400, (600, 5))
known = (torch.arange(5) < torch.randint(1, 4, (600, 1))).float()
labels = numbers[rows] * known.long()


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.look = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 10))

    def forward(self, x, targets=None):
        logits = self.look(x.flatten(2))
        if targets is None:
            return logits, None
        return logits, nn.functional.cross_entropy(
            logits.view(-1, 10), targets.view(-1), reduction="none"
        )


model = Reader()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for epoch in range(4):
    model.train()
    for i in torch.randperm(600).split(30):
        _, loss = model(pixels[rows[i]], labels[i])
        mask = known[i].view(-1)
        loss = torch.sum(loss * mask) / mask.sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        right = (model(pixels[1400:, None])[0].argmax(-1)[:, 0] == numbers[1400:]).float().mean()
    print(epoch, "digits read", right.item())
