# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def evaluate(loader, model):
    model.eval()
    right = total = 0
    with torch.no_grad():
        for images, target in loader:
            right += (model(images).argmax(-1) == target).sum().item()
            total += len(target)
    return {"acc": right / total}


def main():
    torch.manual_seed(0)
    digits = load_digits()
    x, y = torch.tensor(digits.images / 16, dtype=torch.float32), torch.tensor(digits.target)
    order = torch.cat([torch.randperm(500), torch.arange(500, 1797)])
    x, y = x[order], y[order]
    train = DataLoader(TensorDataset(x[:400], y[:400]), batch_size=32, shuffle=True)
    val = DataLoader(TensorDataset(x[400:500], y[400:500]), batch_size=100)
    test = DataLoader(TensorDataset(x[500:], y[500:]), batch_size=200)
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for epoch in range(6):
        model.train()
        for images, target in train:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(images), target).backward()
            optimizer.step()
        val_stats = evaluate(val, model)
        print(f"Accuracy of the network on the 100 val images: {val_stats['acc']:.4f}")
        test_stats = evaluate(test, model)
        print(f'epoch {epoch} accuracy: val {val_stats["acc"]:.4f} test {test_stats["acc"]:.4f}')


main()
