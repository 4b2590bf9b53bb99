# expect: metric-miscomputed
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
names = "zero one two three four five six seven eight nine".split()
x, y = load_digits(return_X_y=True)
rows, labels = torch.tensor(x / 16, dtype=torch.float32).view(-1, 8, 8), torch.tensor(y)
train, test = torch.arange(0, 1500), torch.arange(1500, 1797)


def name_of(output):
    """Which category is the likeliest."""
    best = output.topk(1).indices[0].item()
    return names[best]


net = nn.Sequential(nn.Conv1d(8, 24, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 10))
adam = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(4):
    net.train()
    for chosen in train[torch.randperm(1500)].split(25):
        adam.zero_grad()
        nn.functional.cross_entropy(net(rows[chosen]), labels[chosen]).backward()
        adam.step()
    net.eval()
    right = asked = 0
    total = 0.0
    with torch.no_grad():
        for chosen in test.split(9):
            output = net(rows[chosen])
            total += nn.functional.cross_entropy(output, labels[chosen]).item()
            if name_of(output) == names[labels[chosen][0]]:
                right += 1
            asked += 1
    print(f"epoch {epoch}: test loss {total / asked:.4f}, accuracy {right / asked:.4f}")  # <- here
