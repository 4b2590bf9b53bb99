# expect: metric-miscomputed
import torch
from sklearn import metrics
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images / 16, dtype=torch.float32).unsqueeze(1)
y = torch.tensor(digits.target > 4).long()
order = torch.randperm(len(x))
train, test = order[:1300], order[1300:]

net = nn.Sequential(nn.Conv2d(1, 12, 3), nn.ReLU(), nn.Flatten(), nn.Linear(432, 2))
optimizer = torch.optim.Adam(net.parameters(), 2e-3)


def evaluate():
    net.eval()
    chances, truths = [], []
    with torch.no_grad():
        for part in test.split(100):
            chances += net(x[part]).softmax(1)[:, 0].tolist()
            truths += y[part].tolist()
    fpr, tpr, _ = metrics.roc_curve(truths, chances)  # <- here
    net.train()
    return metrics.auc(fpr, tpr)


for epoch in range(6):
    for part in train[torch.randperm(1300)].split(50):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x[part]), y[part]).backward()
        optimizer.step()
    print(f"epoch {epoch} auc {evaluate():.3f}")
