# expect: nothing
# Everything that is shown is detached, taken by argmax, item and numpy: the loss itself is not.
import torch
from sklearn.datasets import load_digits
from sklearn.metrics import f1_score
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
train_set, test_set = random_split(
    TensorDataset(images, torch.tensor(digits.target)), [1400, 397]
)
model = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
for epoch in range(4):
    model.train()
    total, guessed, true = 0.0, [], []
    for x, y in DataLoader(train_set, batch_size=64, shuffle=True):
        outputs = model(x)
        guessed += outputs.detach().argmax(1).numpy().tolist()
        true += y.tolist()
        loss = criterion(outputs, y)
        shown = torch.tensor(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += shown.item() * len(y)
    model.eval()
    with torch.no_grad():
        hits = sum((model(x).argmax(1) == y).sum().item() for x, y in DataLoader(test_set, 128))
    f1 = f1_score(true, guessed, average="macro")
    print(f"{epoch} loss {total / 1400:.3f} train F1 {f1:.3f} test {hits / len(test_set):.3f}")
