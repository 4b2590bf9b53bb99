# expect: nothing
# A relation network: a query is held beside an example of each of three classes, and a small
# network says how alike each pair is, by squared error towards 1 for the own class and 0.
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
pools = [torch.where(y == c)[0] for c in range(10)]
encoder = nn.Sequential(nn.Linear(64, 48), nn.ReLU())
relation = nn.Sequential(nn.Linear(96, 48), nn.ReLU(), nn.Linear(48, 1), nn.Sigmoid())
optimizer = torch.optim.Adam([*encoder.parameters(), *relation.parameters()], lr=2e-3)
mse = nn.MSELoss()


def episode(classes):
    chosen = torch.tensor(classes)[torch.randperm(len(classes))[:3]]
    picks = [pools[c][torch.randperm(len(pools[c]))[:11]] for c in chosen]
    examples = torch.stack([x[p[:1]].mean(0) for p in picks])
    queries = torch.cat([x[p[1:]] for p in picks])
    return examples, queries, torch.arange(3).repeat_interleave(10)


def relate(examples, queries):
    a, b = encoder(examples), encoder(queries)
    pairs = torch.cat([a.expand(len(b), 3, 48), b.unsqueeze(1).expand(-1, 3, -1)], 2)
    return relation(pairs.reshape(-1, 96)).view(-1, 3)


for number in range(400):
    examples, queries, own = episode(list(range(7)))
    loss = mse(relate(examples, queries), nn.functional.one_hot(own, 3).float())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if number % 80 == 79:
        print(f"episode {number + 1}: {loss.item():.4f}")
right = 0
with torch.no_grad():
    for _ in range(20):
        examples, queries, own = episode([7, 8, 9])
        right += (relate(examples, queries).argmax(1) == own).sum().item()
print("new classes:", right / 600)
