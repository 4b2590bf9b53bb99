# expect: nothing
# Two tasks one after the other with shared layers; the first is evaluated again at the end.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(1)
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32).flatten(1) / 16
labels = torch.tensor(digits.target)
low, high = labels < 5, labels >= 5


def loaders(chosen, change):
    x, y = change(images[chosen]), labels[chosen] % 5
    parts = TensorDataset(x[:600], y[:600]), TensorDataset(x[600:], y[600:])
    return DataLoader(parts[0], 32, shuffle=True), DataLoader(parts[1], 128)


tasks = [loaders(low, lambda x: x), loaders(high, lambda x: 1 - x)]
body = nn.Sequential(nn.Linear(64, 64), nn.ReLU())
heads = nn.ModuleList([nn.Linear(64, 5), nn.Linear(64, 5)])
optimizer = torch.optim.Adam([*body.parameters(), *heads.parameters()], lr=2e-3)


def evaluate(task):
    body.eval(), heads.eval()
    with torch.no_grad():
        pairs = [(heads[task](body(x)).argmax(1), y) for x, y in tasks[task][1]]
    return torch.cat([p == y for p, y in pairs]).float().mean().item()


for task in (0, 1):
    for epoch in range(4):
        body.train(), heads.train()
        for x, y in tasks[task][0]:
            loss = nn.functional.cross_entropy(heads[task](body(x)), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    print("after task", task, [round(evaluate(t), 3) for t in range(task + 1)])
