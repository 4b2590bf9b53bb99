# expect: nothing
# The mean over the epochs until now, printed as such: it is what it is called.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(1)
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16
train_set, test_set = random_split(
    TensorDataset(images, torch.tensor(digits.target)), [1397, 400]
)
model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
history = []
for epoch in range(4):
    model.train()
    for image, label in DataLoader(train_set, 64, shuffle=True):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(image), label).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        hits = sum((model(x).argmax(1) == t).sum().item() for x, t in DataLoader(test_set, 100))
    history.append(hits / len(test_set))
    print(f"epoch {epoch} test accuracy {history[-1]:.4f}")
    print(f"mean test accuracy so far {sum(history) / len(history):.4f}")
