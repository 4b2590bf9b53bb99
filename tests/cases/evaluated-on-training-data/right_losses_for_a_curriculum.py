# expect: nothing
# The losses of the training images order them by difficulty; the figures come from others. Both
# are predicted by one function, which puts its batches together before anybody looks at them.
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Subset, TensorDataset

torch.manual_seed(6)
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
data = TensorDataset(images, torch.tensor(digits.target))
order = torch.randperm(len(data)).tolist()
train_set, test_set = Subset(data, order[:1400]), Subset(data, order[1400:])
net = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(256, 10)
)
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)


def learn(part):
    net.train()
    for x, y in DataLoader(part, 50, shuffle=True):
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        optimizer.step()


@torch.no_grad()
def predict(part):
    net.eval()
    pairs = [(net(x), y) for x, y in DataLoader(part, 200)]
    return torch.cat([scores for scores, _ in pairs]), torch.cat([y for _, y in pairs])


learn(train_set)
scores, labels = predict(train_set)
easy_first = F.cross_entropy(scores, labels, reduction="none").argsort().tolist()
for share in (0.5, 0.8, 1.0):
    learn(Subset(train_set, easy_first[: int(share * len(train_set))]))
    scores, labels = predict(test_set)
    print(share, (scores.argmax(1) == labels).float().mean().item())
