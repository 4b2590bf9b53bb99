# expect: train-mode-not-restored
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


def conv_bn(cin, cout):
    return [nn.Conv2d(cin, cout, 3, padding=1, bias=False), nn.BatchNorm2d(cout), nn.ReLU()]


def make_model():
    return nn.Sequential(
        *conv_bn(1, 16), *conv_bn(16, 16), *conv_bn(16, 16), nn.MaxPool2d(2),
        *conv_bn(16, 32), *conv_bn(32, 32), *conv_bn(32, 32), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(128, 10))


def evaluate(model, loader):
    model.eval()  # <- here
    hits = 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).argmax(1) == y).sum().item()
    return hits / len(loader.dataset)


def main():
    torch.manual_seed(0)
    d = load_digits()
    data = TensorDataset(torch.tensor(d.images / 16, dtype=torch.float32).unsqueeze(1), torch.tensor(d.target))
    train, valid = random_split(data, [0.8, 0.2])
    train_loader = DataLoader(train, batch_size=64, shuffle=True, drop_last=True)
    valid_loader = DataLoader(valid, batch_size=180)

    model = make_model()
    model.train()
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)

    print(f"before training: {evaluate(model, valid_loader):.3f}")
    for epoch in range(4):
        total = 0.0
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item()
        print(f"epoch {epoch}: loss {total / len(train_loader):.3f} valid {evaluate(model, valid_loader):.3f}")


if __name__ == "__main__":
    main()
