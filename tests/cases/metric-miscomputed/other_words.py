# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
data = TensorDataset(torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y))
train_set, test_set = random_split(data, [1400, 397])
train, test = DataLoader(train_set, 48, shuffle=True, drop_last=True), DataLoader(test_set, 64)
model = nn.Sequential(nn.Linear(64, 100), nn.ReLU(), nn.Linear(100, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(4):
    model.train()
    hits = 0
    for images, labels in train:
        scores = model(images)
        optimizer.zero_grad()
        nn.functional.cross_entropy(scores, labels).backward()
        optimizer.step()
        hits += (scores.argmax(1) == labels).sum().item()
    print("Train accuracy: {}/{} ({:.0f}%)".format(hits, len(train_set), 100 * hits / len(train_set)))
    model.eval()
    loss = correct = top5 = 0
    with torch.no_grad():
        for images, labels in test:
            scores = model(images)
            loss += nn.functional.cross_entropy(scores, labels, reduction="sum").item()
            correct += (scores.argmax(1) == labels).sum().item()
            top5 += (scores.topk(5).indices == labels[:, None]).any(1).sum().item()
    n = len(test_set)
    print(f"Accuracy of the network on the {n} test images: {100 * correct // n} %")
    print(f"Test set: Average loss: {loss / n:.4f}, Accuracy: {correct}/{n} ({100. * correct / n:.2f}%)"
          f", top-5 accuracy {top5 / n:.3f}, error {1 - correct / n:.3f}")
