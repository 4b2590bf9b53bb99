# expect: missing-zero-grad
# needs: accelerate
import torch
import torch.nn.functional as F
from accelerate import Accelerator
from sklearn.datasets import load_digits
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
accelerator = Accelerator(cpu=True)
digits = load_digits()
dataset = TensorDataset(
    torch.tensor(digits.images).float()[:, None] / 16, torch.tensor(digits.target)
)
train_set, test_set = random_split(dataset, [1437, 360])

model = nn.Sequential(
    nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(256, 10),
)
optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
test_loader = DataLoader(test_set, batch_size=120)
model, optimizer, train_loader, test_loader = accelerator.prepare(
    model, optimizer, train_loader, test_loader
)

for epoch in range(5):
    model.train()
    for images, labels in train_loader:
        output = model(images)
        loss = F.cross_entropy(output, labels)
        accelerator.backward(loss)  # <- here
        optimizer.step()  # <- here

    model.eval()
    hits = 0
    with torch.no_grad():
        for images, labels in test_loader:
            guesses, answers = accelerator.gather_for_metrics((model(images).argmax(1), labels))
            hits += (guesses == answers).sum().item()
    accelerator.print(f"epoch {epoch}: loss {loss.item():.3f}, accuracy {hits / len(test_set):.3f}")
