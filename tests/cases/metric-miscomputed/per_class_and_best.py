# expect: nothing
# Figures that are no plain accuracy, and rightly so: per class, the best so far, a mean of means.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
data = TensorDataset(torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y))
train_set, test_set = random_split(data, [1397, 400])
train, test = DataLoader(train_set, 32, shuffle=True), DataLoader(test_set, 50)
model = nn.Sequential(nn.Linear(64, 100), nn.ReLU(), nn.Linear(100, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
best = 0.0
for epoch in range(4):
    model.train()
    running_correct, running_total = 0, 0
    for step, (images, labels) in enumerate(train):
        scores = model(images)
        optimizer.zero_grad()
        nn.functional.cross_entropy(scores, labels).backward()
        optimizer.step()
        running_correct += (scores.argmax(1) == labels).sum().item()
        running_total += len(labels)
        if step % 10 == 9:
            print(f"  step {step + 1} accuracy {running_correct / running_total:.3f}")
    model.eval()
    right, seen, shares = torch.zeros(10), torch.zeros(10), []
    with torch.no_grad():
        for images, labels in test:
            hits = model(images).argmax(1) == labels
            shares.append(hits.float().mean().item())
            for label, hit in zip(labels, hits):
                seen[label] += 1
                right[label] += hit
    best = max(best, (right.sum() / seen.sum()).item())
    print(f"epoch {epoch} accuracy {sum(shares) / len(shares):.4f} best accuracy {best:.4f}")
for label in range(10):
    print(f"Accuracy of {label}: {100 * right[label] / seen[label]:.0f} %")
