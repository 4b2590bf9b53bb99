# expect: metric-miscomputed
# needs: accelerate
import torch
from accelerate import Accelerator
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


def evaluate(accelerator, model, loader):
    model.eval()
    correct = 0
    for x, y in loader:
        with torch.no_grad():
            logits = model(x)
        pred, ref = accelerator.gather_for_metrics((logits.argmax(1), y))
        correct += (pred == ref).sum().item()
    return correct / (len(loader) * loader.batch_sampler.batch_size)  # <- here


torch.manual_seed(2)
accelerator = Accelerator(cpu=True)
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16
train_set, val_set = random_split(TensorDataset(images, torch.tensor(digits.target)), [1497, 300])
net = nn.Sequential(
    nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Conv2d(16, 32, 3), nn.ReLU(), nn.Flatten(),
    nn.Linear(512, 10),
)
net, optimizer, train_loader, val_loader = accelerator.prepare(
    net,
    torch.optim.Adam(net.parameters(), lr=2e-3),
    DataLoader(train_set, batch_size=64, shuffle=True),
    DataLoader(val_set, batch_size=256),
)
for epoch in range(5):
    net.train()
    for x, y in train_loader:
        loss = nn.functional.cross_entropy(net(x), y)
        accelerator.backward(loss)
        optimizer.step()
        optimizer.zero_grad()
    print(f"epoch {epoch}: accuracy {evaluate(accelerator, net, val_loader):.4f}")  # <- here
