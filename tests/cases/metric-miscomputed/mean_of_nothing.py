# expect: metric-miscomputed
# Called a mean accuracy, but right predictions are divided by the number of batches.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16
train_set, test_set = random_split(
    TensorDataset(images, torch.tensor(digits.target)), [1397, 400]
)
train_loader = DataLoader(train_set, 64, shuffle=True)
model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(4):
    model.train()
    sum_loss, count = 0.0, 0
    for image, label in train_loader:
        out = model(image)
        loss = nn.functional.cross_entropy(out, label)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        sum_loss += loss.item()
        count += (out.argmax(dim=1) == label).sum().item()
    batches = len(train_loader)
    print(f"epoch {epoch} loss {sum_loss / batches} mean accuracy {count / batches}")  # <- here
model.eval()
with torch.no_grad():
    hits = sum((model(x).argmax(1) == t).sum().item() for x, t in DataLoader(test_set, 100))
print(f"test accuracy: {hits / len(test_set)}")
